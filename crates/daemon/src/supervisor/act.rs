//! `enable`, `disable`, `restart`, `reload`.

use godwit_api::{Acted, Action, Selector};
use godwit_config::ProtocolConfig;
use tokio::sync::oneshot;

use crate::protocol::{Command, ReloadDirection, StopReason};
use godwit_filter::glob;

use super::Supervisor;

/// Whether a selector means a protocol.
pub(super) fn selects(selector: &Selector, name: &str) -> bool {
    match selector {
        Selector::All => true,
        Selector::Name(n) => n == name,
        Selector::Pattern(pattern) => glob::matches(pattern, name),
    }
}

impl Supervisor {
    /// Does something to the protocols selected, in configuration order.
    pub(super) async fn act(
        &mut self,
        action: Action,
        selector: &Selector,
        message: Option<String>,
    ) -> Vec<(String, Acted)> {
        let selected: Vec<_> =
            self.protocols_there_are().filter(|p| selects(selector, &p.name)).cloned().collect();
        let mut acted = Vec::new();
        for protocol in selected {
            let outcome = self.act_on(action, &protocol, message.clone()).await;
            acted.push((protocol.name.clone(), outcome));
        }
        acted
    }

    async fn act_on(&mut self, action: Action, protocol: &ProtocolConfig, message: Option<String>) -> Acted {
        let name = protocol.name.as_str();
        let Some(instance) = self.instances.get_mut(name) else { return Acted::Failed };
        match action {
            Action::Enable if !instance.disabled => Acted::Already,
            // What it lacks to run it still lacks.
            Action::Enable if protocol.held.is_some() => Acted::Failed,
            Action::Enable => {
                tracing::info!("Enabling protocol {name}");
                instance.disabled = false;
                self.start_protocol(protocol).await;
                Acted::Done
            }
            Action::Disable | Action::Restart if instance.disabled => Acted::Already,
            Action::Disable => {
                tracing::info!("Disabling protocol {name}");
                instance.disabled = true;
                instance.message.clone_from(&message);
                self.stop_protocol(name, StopReason::Disabled(message)).await;
                Acted::Done
            }
            Action::Restart => {
                tracing::info!("Restarting protocol {name}");
                self.stop_protocol(name, StopReason::Restarted(message)).await;
                self.start_protocol(protocol).await;
                Acted::Done
            }
            Action::Reload | Action::ReloadIn | Action::ReloadOut => {
                if instance.disabled {
                    return Acted::Already;
                }
                let Some(running) = &instance.running else { return Acted::Skipped };
                let direction = ReloadDirection {
                    import: action != Action::ReloadOut,
                    export: action != Action::ReloadIn,
                };
                tracing::info!("Reloading protocol {name}");
                let (reply, done) = oneshot::channel();
                if running.commands.send(Command::Reload(direction, reply)).await.is_err() {
                    return Acted::Skipped;
                }
                if done.await.unwrap_or(false) { Acted::Done } else { Acted::Failed }
            }
        }
    }
}
