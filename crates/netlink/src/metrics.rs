//! What the kernel calls the metrics of a route: hints for connections over it (RTA_METRICS).

use netlink_packet_route::route::{RouteMetric, RouteRealm};

/// The last number kept: RTAX_QUICKACK. What comes after is not a number, or not BIRD's.
const LAST: u16 = 15;
const MTU: u16 = 2;
const ADVMSS: u16 = 8;
const HOPLIMIT: u16 = 10;

/// The metrics of a route, by their numbers (RTAX_* in rtnetlink(7), 1 to 15). Nought is none at all, as the
/// kernel has it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Metrics(Vec<(u16, u32)>);

impl Metrics {
    /// Sets one; nought takes it away. Numbers that are not kept are ignored.
    pub fn set(&mut self, number: u16, value: u32) {
        if !(1..=LAST).contains(&number) {
            return;
        }
        self.0.retain(|(n, _)| *n != number);
        if value != 0 {
            let place = self.0.partition_point(|(n, _)| *n < number);
            self.0.insert(place, (number, value));
        }
    }

    /// Number and value of each, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u16, u32)> {
        self.0.iter().copied()
    }

    /// As the kernel keeps them: it has a greatest value for some, and takes that for a greater one.
    pub(crate) fn as_kept(&self) -> Self {
        let kept = |(number, value): (u16, u32)| match number {
            MTU => (number, value.min(65_520)),
            ADVMSS => (number, value.min(65_495)),
            HOPLIMIT => (number, value.min(255)),
            _ => (number, value),
        };
        Self(self.iter().map(kept).collect())
    }

    pub(crate) fn read(list: &[RouteMetric]) -> Self {
        let mut metrics = Self::default();
        for (number, value) in list.iter().filter_map(number) {
            metrics.set(number, value);
        }
        metrics
    }

    pub(crate) fn message(&self) -> Vec<RouteMetric> {
        self.iter().filter_map(|(number, value)| message(number, value)).collect()
    }
}

fn number(metric: &RouteMetric) -> Option<(u16, u32)> {
    Some(match metric {
        RouteMetric::Lock(n) => (1, *n),
        RouteMetric::Mtu(n) => (2, *n),
        RouteMetric::Window(n) => (3, *n),
        RouteMetric::Rtt(n) => (4, *n),
        RouteMetric::RttVar(n) => (5, *n),
        RouteMetric::SsThresh(n) => (6, *n),
        RouteMetric::Cwnd(n) => (7, *n),
        RouteMetric::Advmss(n) => (8, *n),
        RouteMetric::Reordering(n) => (9, *n),
        RouteMetric::Hoplimit(n) => (10, *n),
        RouteMetric::InitCwnd(n) => (11, *n),
        RouteMetric::Features(n) => (12, *n),
        RouteMetric::RtoMin(n) => (13, *n),
        RouteMetric::InitRwnd(n) => (14, *n),
        RouteMetric::QuickAck(n) => (15, *n),
        _ => return None,
    })
}

fn message(number: u16, value: u32) -> Option<RouteMetric> {
    Some(match number {
        1 => RouteMetric::Lock(value),
        2 => RouteMetric::Mtu(value),
        3 => RouteMetric::Window(value),
        4 => RouteMetric::Rtt(value),
        5 => RouteMetric::RttVar(value),
        6 => RouteMetric::SsThresh(value),
        7 => RouteMetric::Cwnd(value),
        8 => RouteMetric::Advmss(value),
        9 => RouteMetric::Reordering(value),
        10 => RouteMetric::Hoplimit(value),
        11 => RouteMetric::InitCwnd(value),
        12 => RouteMetric::Features(value),
        13 => RouteMetric::RtoMin(value),
        14 => RouteMetric::InitRwnd(value),
        15 => RouteMetric::QuickAck(value),
        _ => return None,
    })
}

/// The number of a realm: that of the source, if there is one, in the upper half.
pub(crate) fn realm_number(realm: RouteRealm) -> u32 {
    u32::from(realm.source) << 16 | u32::from(realm.destination)
}

/// The realm of a number.
pub(crate) fn realm(number: u32) -> RouteRealm {
    RouteRealm { source: (number >> 16) as u16, destination: number as u16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_is_read() {
        let mut metrics = Metrics::default();
        for number in 0..=20 {
            metrics.set(number, u32::from(number) * 100);
        }
        metrics.set(3, 0);
        let numbers: Vec<u16> = metrics.iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(Metrics::read(&metrics.message()), metrics);
        assert_eq!(realm_number(realm(0x0003_0007)), 0x0003_0007);
    }

    #[test]
    fn what_is_too_great_becomes_the_greatest() {
        let mut metrics = Metrics::default();
        for number in 1..=15 {
            metrics.set(number, 70_000);
        }
        let kept = metrics.as_kept();
        let less: Vec<_> = kept.iter().filter(|(_, value)| *value != 70_000).collect();
        assert_eq!(less, [(2, 65_520), (8, 65_495), (10, 255)]);
    }
}
