//! ROAs: tables of them, and those that the configuration itself has.

use godwit_filter::Diagnostic;

use super::net_type::NetType;
use super::{Reader, TableInfo};
use crate::lang::{Ident, Parsed};
use crate::model::{Roa, RoaTableConfig};
use godwit_wire::AddressFamily;
use ipnetwork::IpNetwork;

impl Reader<'_> {
    /// `table NAME [{ roa NET max N as N; … }]` of 1.6, after `roa`.
    pub(super) fn roa_table_16(&mut self) -> Parsed<()> {
        self.expect_words(&["table"])?;
        let name = self.l.ident("the table's name")?;
        let mut roas = Vec::new();
        if self.l.at("{") {
            self.block(&mut |reader| {
                reader.expect_words(&["roa"])?;
                let net = reader.prefix()?;
                roas.push(reader.roa(net)?);
                reader.end()
            })?;
        }
        self.roa_table(&name, self.family, roas)?;
        self.l.eat(";");
        Ok(())
    }

    /// Adds a table of ROAs, which filters can ask.
    pub(super) fn roa_table(&mut self, name: &Ident, family: AddressFamily, roas: Vec<Roa>) -> Parsed<()> {
        self.l.reserve_roa_table(name)?;
        for Roa { net, max_length, origin } in &roas {
            let roa = godwit_filter::Roa { prefix: *net, max_len: *max_length, asn: *origin };
            self.l.add_roa(&name.name, roa);
        }
        if roas.is_empty() {
            let message = format!("ROAs are not supported yet: table '{}' stays empty", name.name);
            self.warn(name.span, message);
        }
        let net_type = NetType::Roa(family);
        self.tables.push(TableInfo { name: name.name.clone(), net_type, sorted: false });
        self.config.roa_tables.push(RoaTableConfig { name: name.name.clone(), family, roas });
        Ok(())
    }

    /// `max N as N`, after the net.
    pub(super) fn roa(&mut self, net: IpNetwork) -> Parsed<Roa> {
        self.expect_words(&["max"])?;
        let span = self.l.span();
        let max = self.number()?;
        let most = if net.is_ipv6() { 128 } else { 32 };
        if !(u32::from(net.prefix())..=most).contains(&max) {
            let message = format!("Invalid max prefix length {max}");
            if self.is_16() && u8::try_from(max).is_ok() {
                // It takes any.
                self.warn(span, message);
            } else {
                return Err(
                    Diagnostic::error(span, message).label(format!("expected {} to {most}", net.prefix()))
                );
            }
        }
        self.expect_words(&["as"])?;
        Ok(Roa { net, max_length: max as u8, origin: self.number()? })
    }
}
