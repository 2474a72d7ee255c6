//! `protocol bfd` (bird.md §1.10).

mod times;

use godwit_filter::Diagnostic;

use super::Reader;
use crate::lang::Parsed;
use crate::model::{BfdAccept, BfdConfig, BfdInterface, BfdNeighbor, BfdTimes};

/// First words of options, for suggestions.
pub(super) const FIRST_WORDS: &[&str] = &["accept", "interface", "multihop", "neighbor", "strict", "zero"];

impl Reader<'_> {
    /// An option up to its `;`; whether one stands here.
    pub(super) fn bfd_protocol_option(&mut self, config: &mut BfdConfig) -> Parsed<bool> {
        if self.l.eat_word("accept") {
            config.accept = self.accept()?;
        } else if self.l.eat_words(&["strict", "bind"]) {
            config.strict_bind = self.flag()?;
        } else if self.l.eat_words(&["zero", "udp6", "checksum", "rx"]) {
            config.zero_udp6_checksum_rx = self.flag()?;
        } else if self.l.eat_word("interface") {
            let patterns = self.interface_patterns()?;
            let times = self.bfd_times()?;
            config.interfaces.push(BfdInterface { patterns, times });
        } else if self.l.eat_word("multihop") {
            config.multihop = Some(self.bfd_times()?);
        } else if self.l.eat_word("neighbor") {
            let neighbor = self.bfd_neighbor()?;
            config.neighbors.push(neighbor);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Options in braces, if there are any.
    fn bfd_times(&mut self) -> Parsed<BfdTimes> {
        let mut times = BfdTimes::default();
        if self.l.at("{") {
            let end = self.block(&mut |reader| {
                reader.bfd_time(&mut times)?;
                reader.end()
            })?;
            if let Some(message) = crate::check::bfd_times(&times) {
                self.warn(end, message);
            }
        }
        Ok(times)
    }

    /// Words that narrow down what the protocol is for: none of a pair means both.
    fn accept(&mut self) -> Parsed<BfdAccept> {
        let [mut ipv4, mut ipv6, mut direct, mut multihop] = [false; 4];
        while !self.l.at(";") {
            let words: [(&str, &mut bool); 4] = [
                ("ipv4", &mut ipv4),
                ("ipv6", &mut ipv6),
                ("direct", &mut direct),
                ("multihop", &mut multihop),
            ];
            let Some((_, place)) = words.into_iter().find(|(word, _)| self.l.eat_word(word)) else {
                return Err(self.unknown_word(["ipv4", "ipv6", "direct", "multihop"].into_iter()));
            };
            *place = true;
        }
        let (any_family, any_reach) = (!ipv4 && !ipv6, !direct && !multihop);
        Ok(BfdAccept {
            ipv4: ipv4 || any_family,
            ipv6: ipv6 || any_family,
            direct: direct || any_reach,
            multihop: multihop || any_reach,
        })
    }

    /// `IP ['%'IF | dev "IF"] [local IP] [multihop B]`
    fn bfd_neighbor(&mut self) -> Parsed<BfdNeighbor> {
        let (address, mut interface) = self.zoned_address()?;
        if self.l.eat_word("dev") {
            interface = Some(self.text()?);
        }
        let local = if self.l.eat_word("local") { Some(self.address()?) } else { None };
        let multihop = self.l.eat_word("multihop") && self.flag()?;
        let neighbor = BfdNeighbor { address, interface, local, multihop };
        match crate::check::bfd_neighbor(&neighbor) {
            Some(message) => Err(Diagnostic::error(self.l.span(), message)),
            None => Ok(neighbor),
        }
    }
}
