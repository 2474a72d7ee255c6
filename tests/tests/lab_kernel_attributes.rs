//! What filters say of kernel routes (`krt_mtu` and so on), and what is learned of them, beside both BIRDs; and next
//! hops that are addresses of our own.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use godwit_lab::{Namespace, Process, Program, Router, Scratch, settles, until};
use regex::Regex;

const HEAD: &str = "router id 10.0.0.1;\nprotocol device { }\n";

/// A host with 10.0.0.1/24 and fd00::1/64 on `v0`.
fn host(label: &str) -> Result<Namespace> {
    let host = Namespace::new(label)?;
    for command in [
        "link set lo up",
        "link add v0 type veth peer name v1",
        "link set v0 addrgenmode none",
        "link set v1 addrgenmode none",
        "link set v0 up",
        "link set v1 up",
        "addr add 10.0.0.1/24 dev v0",
        "addr add fd00::1/64 dev v0 nodad",
    ] {
        ip(&host, command)?;
    }
    Ok(host)
}

fn ip(host: &Namespace, command: &str) -> Result<String> {
    host.ip(&command.split_whitespace().collect::<Vec<_>>())
}

/// The routes of `show route all` with all their lines, without the times, in order of nets.
fn shown(router: &Router) -> Vec<String> {
    let time = Regex::new(r" \d\d:\d\d:\d\d(\.\d+)?").expect("a pattern");
    let text = time.replace_all(&router.birdc("show route all"), "").into_owned();
    let mut routes: Vec<String> = Vec::new();
    for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with("Table ")) {
        match routes.last_mut() {
            Some(last) if line.starts_with('\t') => *last = format!("{last}\n{line}"),
            _ => routes.push(line.to_owned()),
        }
    }
    routes.sort();
    routes
}

/// All routes of BIRD's, as `ip` tells of them.
fn kernel(host: &Namespace) -> Vec<String> {
    let of = |family: &str| ip(host, &format!("-d {family} route show table all proto bird"));
    let both = of("-4").unwrap_or_default() + &of("-6").unwrap_or_default();
    let mut routes: Vec<String> = Vec::new();
    for line in both.lines() {
        match routes.last_mut() {
            Some(last) if line.starts_with('\t') => *last = format!("{last}{line}"),
            _ => routes.push(line.to_owned()),
        }
    }
    routes.sort();
    routes
}

/// The BIRD of a dialect, ours, and a file for them: of 1.6 for each family.
fn pairs(bird2: String, bird16: [String; 2]) -> [(Program, Program, String); 3] {
    let [four, six] = bird16;
    [
        (Program::Bird2, Program::Godwit, bird2),
        (Program::Bird16, Program::Godwit, four),
        (Program::Bird16V6, Program::GodwitV6, six),
    ]
}

fn same(what: &str, theirs: &[String], ours: &[String]) -> Result<()> {
    let missing: Vec<_> = theirs.iter().filter(|l| !ours.contains(l)).collect();
    let more: Vec<_> = ours.iter().filter(|l| !theirs.contains(l)).collect();
    ensure!(theirs == ours, "{what}: BIRD alone has {missing:#?}, godwit alone {more:#?}");
    Ok(())
}

#[test]
fn lab_learned_attributes_are_shown_as_bird_shows_them() -> Result<()> {
    let host = host("krtlearn")?;
    for route in [
        "10.9.1.0/24 via 10.0.0.7 mtu 1400",
        "10.9.2.0/24 via 10.0.0.7 mtu lock 1300 window 5000 rtt 10ms rttvar 20ms ssthresh 7 cwnd lock 8 \
         advmss 1000 reordering 5 hoplimit 44 initcwnd 9 rto_min 300ms initrwnd 11 quickack 1 features ecn",
        "10.9.3.0/24 via 10.0.0.7 realm 3/7",
        "10.9.4.0/24 dev v0 scope link",
        "10.9.5.0/24 dev v0 scope global congctl reno",
        "10.9.6.0/24 via 10.0.0.7 features ecn",
        "10.9.7.0/24 dev v0 scope site metric 5",
        "blackhole 10.9.8.0/24 mtu 1200 realm 9",
        "unreachable 10.9.9.0/24 scope site metric 9",
        "10.9.10.0/24 mtu 1333 nexthop via 10.0.0.7 realm 4 nexthop via 10.0.0.8 realm 5",
        "10.9.11.0/24 via 10.0.0.7 rto_min 300ms hoplimit lock 5 advmss lock 500 reordering lock 4 rtt lock 5ms \
         rttvar lock 6ms window lock 400 ssthresh lock 5 initcwnd 5",
        "10.9.12.0/24 via 10.0.0.7 mtu lock 1400 congctl lock reno quickack 0",
        "10.9.13.0/24 via 10.0.0.7 fastopen_no_cookie 1 src 10.0.0.1",
        "fd09:1::/64 via fd00::7 mtu 1400",
        "fd09:2::/64 via fd00::7 mtu lock 1400 hoplimit 9 advmss 1000",
        "fd09:3::/64 via fd00::7 rtt 10ms window lock 3 features ecn",
        "blackhole fd09:4::/64 mtu 1400",
    ] {
        let (kind, rest) = match route.split_once(' ') {
            Some((kind @ ("blackhole" | "unreachable"), rest)) => (kind, rest),
            _ => ("unicast", route),
        };
        // Before the next hops, which end a line.
        let (net, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        ip(&host, &format!("route add {kind} {net} proto static {rest}"))?;
    }
    let read = "filter { if krt_mtu = 1400 then krt_rtt = krt_mtu; accept; }";
    let two = format!(
        "{HEAD}protocol kernel k {{ learn; ipv4 {{ import {read}; }}; }}
         protocol kernel k6 {{ learn; ipv6 {{ import {read}; }}; }}"
    );
    // 2.0.12 takes every lock of a learned route for set if one is.
    let read =
        read.replace("accept;", "if defined(krt_lock_mtu) && krt_lock_mtu then preference = 50; accept;");
    let one = format!("{HEAD}protocol kernel k {{ learn; import {read}; }}");
    for (theirs, ours, config) in pairs(two, [one.clone(), one]) {
        let (theirs, ours) = (Router::start(&host, theirs, &config)?, Router::start(&host, ours, &config)?);
        let wanted = settles("what BIRD learns", || shown(&theirs))?;
        ensure!(wanted.len() >= 4, "{wanted:#?}\n{}", theirs.log());
        let _ = until("the same", || shown(&ours) == wanted);
        same("learned", &wanted, &shown(&ours)).with_context(|| ours.log())?;
    }
    // Others change their routes.
    let router = Router::start(&host, Program::Godwit, &format!("{HEAD}protocol kernel {{ learn; ipv4; }}"))?;
    router.has_route("10.9.1.0/24", &["Kernel.mtu: 1400"])?;
    ip(&host, "route change 10.9.1.0/24 via 10.0.0.7 mtu 1410 proto static")?;
    router.has_route("10.9.1.0/24", &["Kernel.mtu: 1410"])?;
    Ok(())
}

/// What is set for the n-th net. Not here, as it crashes 2.0.12: `krt_feature_allfrag`, to take away a lock where none
/// was set.
const SET: [&str; 17] = [
    "krt_mtu = 1400; krt_source = 7; krt_prefsrc = 10.0.0.1;",
    "krt_realm = 7; krt_mtu = 1500;",
    "krt_realm = 196615;",
    "krt_mtu = 70000;",
    "krt_advmss = 70000; krt_lock_advmss = true;",
    "krt_hoplimit = 300;",
    "krt_scope = 200;",
    "krt_scope = 0; krt_realm = 0; krt_mtu = 0;",
    "krt_scope = 300;",
    "krt_window = 4294967295; krt_lock_mtu = true;",
    "krt_quickack = 4294967295; krt_rto_min = 4294967295; krt_rtt = 1;",
    "krt_feature_ecn = true;",
    "krt_lock_mtu = true; krt_lock_mtu = false;",
    "krt_metric = 77; krt_mtu = 1234;",
    "krt_rtt = 80; krt_rttvar = 80; krt_rto_min = 300; krt_window = 1; krt_sstresh = 2; krt_cwnd = 3; krt_advmss = 4;
     krt_reordering = 5; krt_hoplimit = 6; krt_initcwnd = 7; krt_initrwnd = 8; krt_quickack = 1;
     krt_lock_window = true; krt_lock_rtt = true; krt_lock_rttvar = true; krt_lock_sstresh = true;
     krt_lock_cwnd = true; krt_lock_reordering = true; krt_lock_hoplimit = true; krt_lock_rto_min = true;",
    "krt_lock_mtu = true; krt_lock_cwnd = true; unset(krt_lock_mtu);",
    "krt_lock_mtu = true; if krt_lock_cwnd = false then krt_mtu = 1401; if defined(krt_feature_ecn) then krt_mtu = 1;",
];

/// A file that sets them in an export filter, for a dialect and a family. 1.6 cannot give several next hops a realm.
fn setting(old: bool, six: bool) -> String {
    let (mut routes, mut filter) = (String::new(), String::new());
    for (i, set) in SET.iter().enumerate() {
        if six && set.contains("krt_prefsrc") {
            continue;
        }
        let net =
            |part: u32| if six { format!("fd10:{i}:0:{part}::/64") } else { format!("10.1.{i}.{part}/26") };
        let way = |n: u32| if six { format!("fd00::{n}") } else { format!("10.0.0.{n}") };
        let all = if six { format!("fd10:{i}::/48{{64,64}}") } else { format!("10.1.{i}.0/24{{26,26}}") };
        writeln!(filter, "if net ~ [ {all} ] then {{ {set} }}").expect("text grows");
        let several = if old { "multipath via" } else { "via" };
        writeln!(routes, "route {} via {};\nroute {} via \"v0\";", net(0), way(7), net(64))
            .expect("text grows");
        if !(old && set.contains("krt_realm")) {
            writeln!(routes, "route {} {several} {} via {};", net(128), way(7), way(8)).expect("text grows");
        }
        writeln!(routes, "route {} blackhole;", net(192)).expect("text grows");
    }
    let name = if six { "6" } else { "4" };
    let filter = format!("filter out{name} {{\n{filter}accept;\n}}\n");
    if old {
        format!(
            "{HEAD}{filter}protocol static st {{ {routes} }}
             protocol kernel k {{ scan time 1; export filter out{name}; }}"
        )
    } else {
        format!(
            "{filter}protocol static st{name} {{ ipv{name}; {routes} }}
             protocol kernel k{name} {{ metric 0; scan time 1; ipv{name} {{ export filter out{name}; }}; }}\n"
        )
    }
}

#[test]
fn lab_attributes_go_into_the_kernel_as_bird_puts_them() -> Result<()> {
    let two = format!("{HEAD}{}{}", setting(false, false), setting(false, true));
    for (theirs, ours, config) in pairs(two, [setting(true, false), setting(true, true)]) {
        let mut seen = Vec::new();
        for program in [theirs, ours] {
            let host = host("krtset")?;
            let router = Router::start(&host, program, &config)?;
            let routes = settles("the kernel's routes", || kernel(&host))?;
            ensure!(routes.len() > 60, "{program:?} {routes:#?}\n{}", router.log());
            seen.push((routes, shown(&router)));
        }
        same(&format!("{ours:?} in the kernel"), &seen[0].0, &seen[1].0)?;
        same(&format!("{ours:?} shown"), &seen[0].1, &seen[1].1)?;
    }
    Ok(())
}

/// In an import filter they stay with the route, and `show route all` has them.
#[test]
fn lab_attributes_set_on_import_are_shown_as_bird_shows_them() -> Result<()> {
    // For 1.6 the metric and the source are another protocol's, and an import filter takes no lock away.
    let odd = |set: &str| ["krt_source", "krt_metric", "unset"].iter().any(|word| set.contains(word));
    for old in [false, true] {
        let (mut filter, mut routes, mut count) = (String::new(), String::new(), 0);
        for (i, set) in SET.iter().enumerate().filter(|(_, set)| !(old && odd(set))) {
            writeln!(filter, "if net = 10.1.{i}.0/24 then {{ {set} }}").expect("text grows");
            writeln!(routes, "route 10.1.{i}.0/24 via 10.0.0.7;").expect("text grows");
            count += 1;
        }
        let import = format!("import filter {{ {filter} accept; }};");
        let (theirs, channel) =
            if old { (Program::Bird16, import) } else { (Program::Bird2, format!("ipv4 {{ {import} }};")) };
        let config = format!("{HEAD}protocol static st {{ {channel} {routes} }}");
        let host = host("krtshow")?;
        let (theirs, ours) =
            (Router::start(&host, theirs, &config)?, Router::start(&host, Program::Godwit, &config)?);
        let wanted = settles("what BIRD shows", || shown(&theirs))?;
        ensure!(wanted.len() == count, "{wanted:#?}\n{}", theirs.log());
        let _ = until("the same", || shown(&ours) == wanted);
        same("shown", &wanted, &shown(&ours))?;
    }
    Ok(())
}

/// What the kernel makes of a value is not mistaken for a change; what others change is put right, also where
/// BIRD does not look.
#[test]
fn lab_attributes_are_put_right_and_otherwise_left_alone() -> Result<()> {
    let host = host("krtright")?;
    let routes = (1..=5).map(|i| format!("route 10.1.{i}.0/24 via 10.0.0.7;\n")).collect::<Vec<_>>().concat();
    let set = "krt_mtu = 70000; krt_advmss = 70000; krt_hoplimit = 300; krt_realm = 7; krt_window = 0;
               krt_lock_mtu = true; krt_feature_ecn = true; krt_scope = 200; krt_prefsrc = 10.0.0.1;";
    let config = format!(
        "{HEAD}protocol static st {{ ipv4; {routes} route 10.1.6.0/24 via \"v0\";
           route 10.1.7.0/24 via 10.0.0.7 via 10.0.0.8; route 10.1.8.0/24 blackhole; }}
         protocol static st6 {{ ipv6; route fd09:1::/64 via fd00::7; route fd09:2::/64 via fd00::7 via fd00::8; }}
         protocol kernel k {{ metric 0; scan time 1; ipv4 {{ export filter {{ {set} accept; }}; }}; }}
         protocol kernel k6 {{ metric 0; scan time 1; ipv6 {{ export filter {{
           krt_mtu = 70000; krt_realm = 7; krt_scope = 200; krt_hoplimit = 300; accept; }}; }}; }}"
    );
    let scratch = Scratch::new("krtmonitor")?;
    let mut monitor = Command::new("ip");
    monitor.args(["-n", host.name(), "-o", "monitor", "route"]);
    let monitor = Process::start(monitor, scratch.file("log"))?;
    until("ip monitor", || {
        let _ = ip(&host, "route replace blackhole 203.0.113.1/32");
        let _ = ip(&host, "route del blackhole 203.0.113.1/32");
        monitor.log().contains("203.0.113.1")
    })?;
    let router = Router::start(&host, Program::Godwit, &config)?;
    until("all routes", || kernel(&host).len() == 10).with_context(|| router.log())?;
    let wanted = kernel(&host);
    ensure!(
        wanted[0].contains(
            "scope site src 10.0.0.1 realm 7 mtu lock 65520 advmss 65495 hoplimit 255 features ecn"
        ),
        "{wanted:#?}"
    );

    let right = "via 10.0.0.7 proto bird";
    let all = "scope site src 10.0.0.1 realm 7 mtu lock 65520 advmss 65495 hoplimit 255 features ecn";
    for (i, wrong) in [
        all.replace("65520", "1300"),
        all.replace("realm 7", "realm 8"),
        all.replace("src 10.0.0.1 ", ""),
        all.replace("site", "global"),
        all.replace(" features ecn", ""),
    ]
    .iter()
    .enumerate()
    {
        ip(&host, &format!("route change 10.1.{}.0/24 {right} {wrong}", i + 1))?;
        until(&format!("{wrong} put right"), || kernel(&host) == wanted)
            .with_context(|| format!("{:#?}", kernel(&host)))?;
    }
    // Some scans, which each end by telling of what they put right.
    std::thread::sleep(std::time::Duration::from_secs(3));
    ip(&host, "route replace blackhole 203.0.113.2/32")?;
    until("what is past", || monitor.log().contains("203.0.113.2"))?;
    let log = monitor.log();
    let told = |net: &str| log.lines().filter(|l| l.contains(net) && l.contains("proto bird")).count();
    for net in ["10.1.6.0/24", "10.1.7.0/24", "10.1.8.0/24", "fd09:1::/64"] {
        ensure!(told(net) == 1, "{net} was told of {} times:\n{log}", told(net));
    }
    ensure!(!router.log().contains("again and again"), "{}", router.log());
    Ok(())
}

#[test]
fn lab_names_that_16_lacks_are_refused_there() -> Result<()> {
    let host = host("krtnames")?;
    for name in
        ["krt_congctl", "krt_ssthresh", "krt_lock_initcwnd", "krt_feature_sack", "krt_lock", "krt_features"]
    {
        let config = format!("{HEAD}protocol kernel k {{ export filter {{ {name} = 1; accept; }}; }}");
        for program in [Program::Bird16, Program::Godwit] {
            let refused = Router::start(&host, program, &config);
            ensure!(refused.is_err(), "{program:?} takes {name}");
        }
    }
    Ok(())
}

/// A next hop on a link of ours that is our own address leads nowhere; with another way to it, that is taken.
#[test]
fn lab_a_next_hop_of_our_own_is_unreachable() -> Result<()> {
    let addresses = [
        "10.3.0.9/24 dev v0",
        "10.255.0.1/32 dev lo",
        "10.5.5.5/32 dev lo",
        "10.3.0.1/32 dev lo",
        "10.99.0.1/24 dev v1",
    ];
    let next_hops = [
        "10.0.0.2",
        "10.0.0.3",
        "10.255.0.1",
        "10.5.5.5",
        "10.5.5.6",
        "10.3.0.1",
        "10.3.0.2",
        "10.99.0.1",
        "10.99.0.2",
        "10.8.0.1",
    ];
    let line =
        |(i, hop): (usize, &&str)| format!("route 10.100.{i}.0/24 blackhole {{ bgp_next_hop = {hop}; }};\n");
    let routes: String = next_hops.iter().enumerate().map(line).collect();
    let peer = format!(
        "router id 10.0.0.2;\nprotocol device {{ }}
         protocol static st {{ ipv4; {routes} }}
         protocol static st6 {{ ipv6; route fd10:1::/64 blackhole {{ bgp_next_hop = fd00::1; }};
           route fd10:2::/64 blackhole {{ bgp_next_hop = fd00::3; }}; }}
         protocol bgp p {{ local 10.0.0.2 as 65000; neighbor 10.0.0.1 as 65000; multihop;
           ipv4 {{ export all; next hop keep; }}; ipv6 {{ export all; next hop keep; }}; }}"
    );
    let fixed =
        "route 10.5.0.0/16 via 10.0.0.2; route 10.3.0.0/24 via \"v0\"; route 10.8.0.0/16 via 10.0.0.2;";
    let two = |direct: &str| {
        format!(
            "{HEAD}{direct} protocol static st {{ ipv4; {fixed} }}
             protocol kernel k {{ metric 0; ipv4 {{ export where source = RTS_BGP; }}; }}
             protocol kernel k6 {{ metric 0; ipv6 {{ export where source = RTS_BGP; }}; }}
             protocol bgp p {{ local 10.0.0.1 as 65000; neighbor 10.0.0.2 as 65000; multihop;
               ipv4 {{ import all; gateway recursive; }}; ipv6 {{ import all; gateway recursive; }}; }}"
        )
    };
    let old = format!(
        "{HEAD}protocol direct {{ }}\nprotocol static st {{ {fixed} }}
         protocol kernel k {{ export where source = RTS_BGP; }}
         protocol bgp p {{ local 10.0.0.1 as 65000; neighbor 10.0.0.2 as 65000; multihop;
           import all; gateway recursive; }}"
    );
    let direct = "protocol direct { ipv4; ipv6; }";
    for (theirs, config) in [(Program::Bird2, two(direct)), (Program::Bird2, two("")), (Program::Bird16, old)]
    {
        let (mut seen, mut log) = (Vec::new(), String::new());
        for program in [theirs, Program::Godwit] {
            let (host, other) = (host("krtown")?, Namespace::new("krtother")?);
            Namespace::join((&host, "w0", &[]), (&other, "w0", &[]))?;
            for command in ["link set v1 up", "addr del 10.0.0.1/24 dev v0", "addr del fd00::1/64 dev v0"] {
                ip(&host, command)?;
            }
            ip(&host, "addr add 10.0.0.1/24 dev w0")?;
            ip(&host, "addr add fd00::1/64 dev w0 nodad")?;
            ip(&other, "addr add 10.0.0.2/24 dev w0")?;
            ip(&other, "addr add fd00::2/64 dev w0 nodad")?;
            for address in addresses {
                ip(&host, &format!("addr add {address}"))?;
            }
            let _peer = Router::start(&other, Program::Bird2, &peer)?;
            let router = Router::start(&host, program, &config)?;
            router.established("p")?;
            let mut look = Vec::new();
            let earlier: Vec<Vec<(Vec<String>, Vec<String>)>> = seen.clone();
            let mut take = || -> Result<()> {
                let now = || (taken(&host), unmarked(&router));
                if let Some(theirs) = earlier.first().and_then(|first| first.get(look.len())) {
                    let _ = until("the same", || now() == *theirs);
                }
                let routes = settles("routes", now)?;
                look.push(routes);
                Ok(())
            };
            take()?;
            // One goes, another comes. BIRD looks again when the route below changes, we at once.
            ip(&host, "addr del 10.5.5.5/32 dev lo")?;
            ip(&host, "addr add 10.3.0.2/32 dev v0")?;
            if program == Program::Godwit {
                let gone = || router.route("10.100.6.0/24").contains("unreachable");
                until("10.3.0.2 to be ours", gone).with_context(|| router.birdc("show route"))?;
            }
            ip(&host, "link set v0 down")?;
            until("v0 to be down", || router.birdc("show interfaces").to_lowercase().contains("v0 down"))
                .with_context(|| router.birdc("show interfaces"))?;
            ip(&host, "link set v0 up")?;
            take()?;
            seen.push(look);
            log += &router.log();
        }
        for (step, (theirs, ours)) in seen[0].iter().zip(&seen[1]).enumerate() {
            same(&format!("step {step} shown"), &theirs.1, &ours.1).with_context(|| log.clone())?;
            same(&format!("step {step} in the kernel"), &theirs.0, &ours.0).with_context(|| log.clone())?;
        }
        let first = &seen[1][0].0;
        ensure!(first.iter().any(|l| l.starts_with("unreachable 10.100.2.0/24")), "{first:#?}");
    }
    Ok(())
}

/// What the kernel has but of 10.100.5.0/24: it may refuse that, and what it had before stays with BIRD.
fn taken(host: &Namespace) -> Vec<String> {
    kernel(host).into_iter().filter(|line| !line.contains(" 10.100.5.0/24")).collect()
}

/// Nets of BGP and the kind of their route, where they lead.
fn unmarked(router: &Router) -> Vec<String> {
    let routes = shown(router).into_iter().filter(|r| r.contains("[p"));
    // The metric of the way to the next hop is another matter.
    let metric = Regex::new(r" [*!] \(100[^)]*\)").expect("a pattern");
    let ways = |l: &&str| l.starts_with("\tvia ") || l.starts_with("\tdev ");
    routes
        .map(|r| {
            let head = r.lines().next().unwrap_or_default();
            let way: Vec<_> = r.lines().filter(ways).collect();
            format!("{}{}", metric.replace(head, ""), way.concat())
        })
        .collect()
}
