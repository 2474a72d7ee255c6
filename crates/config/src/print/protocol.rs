//! Protocols and their common options.

use super::{Out, comment, name, patterns, quoted};
use crate::defaults::MERGE_PATHS_DEFAULT;
use crate::model::{DeviceConfig, DirectConfig, KernelConfig, ProtocolConfig, ProtocolKind};

impl Out<'_> {
    pub(super) fn protocol(&mut self, protocol: &ProtocolConfig) {
        self.line("");
        let of = protocol.kind.name().to_lowercase();
        self.block(&format!("protocol {of} {}", name(&protocol.name)), |out| {
            out.common(protocol);
            match &protocol.kind {
                ProtocolKind::Device(device) => {
                    if *device != DeviceConfig::default() {
                        out.option("scan time", device.scan_time_secs);
                    }
                }
                ProtocolKind::Direct(direct) => out.direct(direct),
                ProtocolKind::Kernel(kernel) => out.kernel(kernel),
                ProtocolKind::Static(config) => out.static_head(config),
                ProtocolKind::Bgp(bgp) => out.session(bgp),
                ProtocolKind::Pipe(pipe) => out.pipe(protocol, pipe),
                ProtocolKind::Rpki(rpki) => out.rpki(protocol, rpki),
                ProtocolKind::Bfd(bfd) => out.bfd(bfd),
            }
            protocol.channels.iter().for_each(|channel| out.channel(protocol, channel));
            if let ProtocolKind::Static(config) = &protocol.kind {
                if let Some(channel) = &config.roa_channel {
                    out.roa_channel(protocol, channel);
                }
                config.roas.iter().for_each(|roa| out.roa(roa));
                config.routes.iter().for_each(|route| out.route(route));
            }
        });
        self.line("}");
    }

    fn common(&mut self, protocol: &ProtocolConfig) {
        if let Some(text) = &protocol.description {
            self.option("description", quoted(text));
        }
        if let Some(reason) = &protocol.held {
            self.line(comment(&format!("held: {reason}")));
        }
        if protocol.stays_down() {
            self.line("disabled;");
        }
        if protocol.debug != self.config.debug {
            self.debug("debug", protocol.debug);
        }
        if let Some(id) = protocol.router_id {
            self.option("router id", id);
        }
    }

    fn direct(&mut self, direct: &DirectConfig) {
        if !direct.interfaces.is_empty() {
            self.option("interface", patterns(&direct.interfaces));
        }
        self.flag("check link", direct.check_link, false);
    }

    fn kernel(&mut self, kernel: &KernelConfig) {
        let default = KernelConfig::new(self.config.dialect);
        self.flag("persist", kernel.persist, default.persist);
        self.flag("learn", kernel.learn, default.learn);
        if kernel.scan_time_secs != default.scan_time_secs {
            self.option("scan time", kernel.scan_time_secs);
        }
        if self.is_16() {
            self.flag("device routes", kernel.device_routes, default.device_routes);
        }
        if kernel.table != default.table {
            self.option("kernel table", kernel.table);
        }
        if kernel.metric != default.metric {
            self.option("metric", kernel.metric);
        }
        self.flag("graceful restart", kernel.graceful_restart, default.graceful_restart);
        match kernel.merge_paths {
            None => {}
            Some(MERGE_PATHS_DEFAULT) => self.option("merge paths", "on"),
            Some(limit) => self.option("merge paths", format_args!("on limit {limit}")),
        }
    }
}
