//! What BIRD 2.0.12 and 1.6.8 answered in a graceful restart, byte for byte, given the same state: their own, and a
//! neighbor's.

mod common;

use common::{AT, NO_ROUTES_2, NO_ROUTES_16, shown, text, times, updates};
use godwit_api::*;
use godwit_config::{Dialect, TimeFormats};
use godwit_ctl::Framer;
use godwit_ctl::format;

fn channel(dialect: Dialect) -> ChannelStatus {
    ChannelStatus {
        table: if dialect == Dialect::Bird2 { "master4" } else { "master" }.into(),
        igp_tables: [Some("master4".into()), None],
        ..common::channel()
    }
}

/// A session that is down.
fn peer(dialect: Dialect) -> ProtocolStatus {
    ProtocolStatus {
        name: "p".into(),
        state: ProtocolState::Start,
        bgp: Some(Box::new(BgpStatus {
            multihop: true,
            connect_delay: Some((if dialect == Dialect::Bird2 { 1.118 } else { 2.0 }, 2)),
            ..common::session()
        })),
        channels: vec![channel(dialect)],
        ..common::peer()
    }
}

/// After a restart of ours, while its End-of-RIB is waited for.
fn pending(dialect: Dialect) -> ProtocolStatus {
    let mut p = peer(dialect);
    p.channels[0].recovery = Some("pending");
    p
}

/// While the neighbor is away.
fn away(dialect: Dialect) -> ProtocolStatus {
    let mut p = peer(dialect);
    let channel = &mut p.channels[0];
    (channel.state, channel.neighbor_restarting) = ("START", true);
    channel.counters = ChannelCounters {
        imported: 1,
        preferred: 1,
        import_updates: updates(1, 0, 1),
        export_updates: updates(2, 1, 1),
        ..ChannelCounters::default()
    };
    let bgp = p.bgp.as_mut().unwrap();
    bgp.neighbor_restarting = true;
    bgp.restart_timer = Some(if dialect == Dialect::Bird2 { 119.489 } else { 120.0 });
    bgp.last_error = Some("Socket: Connection closed".into());
    p
}

/// While it stays away for long.
fn away_for_long(dialect: Dialect) -> ProtocolStatus {
    let mut p = away(dialect);
    p.bgp.as_mut().unwrap().restart_timer = None;
    (p.channels[0].long_lived, p.channels[0].long_lived_timer) = (true, Some(16.985));
    p
}

/// A kernel protocol that waits for the others.
fn kernel(dialect: Dialect) -> ProtocolStatus {
    let mut channel = channel(dialect);
    (channel.state, channel.preference, channel.import) = ("UP", 10, "REJECT".into());
    channel.recovery = Some("waiting");
    channel.igp_tables = [None, None];
    let table = (dialect == Dialect::Bird2).then(|| "master4".into());
    let name = "kernel1".into();
    ProtocolStatus { name, kind: "Kernel", table, channels: vec![channel], ..common::peer() }
}

const PENDING_2: &str = "1002-p          BGP        ---        start  19:14:22.969  Active        
1006-  BGP state:          Active
     Neighbor address: 192.0.2.2
     Neighbor AS:      65002
     Local AS:         65001
     Connect delay:    1.118/2
   Channel ipv4
     State:          DOWN
     Table:          master4
     Preference:     100
     Input filter:   ACCEPT
     Output filter:  (unnamed)
     GR recovery:    pending
     IGP IPv4 table: master4
 
";

const AWAY_2: &str =
    "1002-p          BGP        ---        start  19:14:22.969  Active        Socket: Connection closed
1006-  BGP state:          Active
     Neighbor address: 192.0.2.2
     Neighbor AS:      65002
     Local AS:         65001
     Neighbor graceful restart active
     Connect delay:    1.118/2
     Restart timer:    119.489/-
     Last error:       Socket: Connection closed
   Channel ipv4
     State:          START
     Table:          master4
     Preference:     100
     Input filter:   ACCEPT
     Output filter:  (unnamed)
     Routes:         1 imported, 0 exported, 1 preferred
     Route change stats:     received   rejected   filtered    ignored   accepted
       Import updates:              1          0          0          0          1
       Import withdraws:            0          0        ---          0          0
       Export updates:              2          1          0        ---          1
       Export withdraws:            0        ---        ---        ---          0
     Neighbor GR:    Regular
     IGP IPv4 table: master4
 
";

fn kernel_2() -> String {
    format!(
        "1002-kernel1    Kernel     master4    up     19:14:22.969  
1006-  Channel ipv4
     State:          UP
     Table:          master4
     Preference:     10
     Input filter:   REJECT
     Output filter:  (unnamed)
     GR recovery:    waiting
{NO_ROUTES_2} 
"
    )
}

#[test]
fn restart_2() {
    assert_eq!(shown(Dialect::Bird2, &pending(Dialect::Bird2)), PENDING_2);
    assert_eq!(shown(Dialect::Bird2, &away(Dialect::Bird2)), AWAY_2);
    let long = AWAY_2.replace("     Restart timer:    119.489/-\n", "");
    let long = long.replace("GR:    Regular\n", "GR:    Long-lived\n     LL stale timer: 16.985/-\n");
    assert_eq!(shown(Dialect::Bird2, &away_for_long(Dialect::Bird2)), long);
    assert_eq!(shown(Dialect::Bird2, &kernel(Dialect::Bird2)), kernel_2());
}

fn pending_16() -> String {
    format!(
        "1002-p        BGP      master   start  19:14:22    Active        
1006-  Preference:     100
   Input filter:   ACCEPT
   Output filter:  (unnamed)
   GR recovery:    pending
{NO_ROUTES_16}   BGP state:          Active
     Neighbor address: 192.0.2.2
     Neighbor AS:      65002
     Connect delay:    2/2
 
"
    )
}

const AWAY_16: &str =
    "1002-p        BGP      master   start  19:14:22    Active        Socket: Connection closed
1006-  Preference:     100
   Input filter:   ACCEPT
   Output filter:  (unnamed)
   Routes:         1 imported, 0 exported, 1 preferred
   Route change stats:     received   rejected   filtered    ignored   accepted
     Import updates:              1          0          0          0          1
     Import withdraws:            0          0        ---          0          0
     Export updates:              2          1          0        ---          1
     Export withdraws:            0        ---        ---        ---          0
   BGP state:          Active
     Neighbor address: 192.0.2.2
     Neighbor AS:      65002
     Neighbor graceful restart active
     Restart timer:    120/-
     Connect delay:    2/2
     Last error:       Socket: Connection closed
 
";

fn kernel_16() -> String {
    format!(
        "1002-kernel1  Kernel   master   wait   19:14:22    
1006-  Preference:     10
   Input filter:   REJECT
   Output filter:  (unnamed)
   GR recovery:    waiting
{NO_ROUTES_16} 
"
    )
}

#[test]
fn restart_16() {
    assert_eq!(shown(Dialect::Bird16, &pending(Dialect::Bird16)), pending_16());
    assert_eq!(shown(Dialect::Bird16, &away(Dialect::Bird16)), AWAY_16);
    let long = AWAY_16.replace("Restart timer:    120/-", "LL stale timer:   16/-");
    assert_eq!(shown(Dialect::Bird16, &away_for_long(Dialect::Bird16)), long);
    assert_eq!(shown(Dialect::Bird16, &kernel(Dialect::Bird16)), kernel_16());
}

fn status(dialect: Dialect, version: &str) -> String {
    let recovery = Some((1, 238_919, 240));
    let (hostname, router_id) = ("vm".into(), Some([1, 1, 1, 1].into()));
    let status = Status {
        router_id,
        hostname,
        now: AT,
        started: AT,
        reconfigured: AT,
        shutting_down: false,
        recovery,
    };
    let mut out = Framer::new();
    let formats = TimeFormats::default();
    format::status(&mut out, version, &status, &times(dialect, &formats));
    let printed = text(out);
    let start = printed.find("0024").or_else(|| printed.find("1011")).unwrap_or_default();
    printed[start..].to_owned()
}

#[test]
fn status_in_recovery() {
    let two = "0024-Graceful restart recovery in progress
   Waiting for 1 channels to recover
   Wait timer is 238.919/240
0013 Daemon is up and running
";
    assert_eq!(status(Dialect::Bird2, "2.0.12"), two);
    let old = two.replace("channels", "protocols").replace("238.919", "239");
    assert_eq!(status(Dialect::Bird16, "1.6.8"), old);
}
