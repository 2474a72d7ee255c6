//! The router as BIRD 2 reads it, and what it is asked.

/// The router under test.
pub(crate) const CONFIG: &str = r#"
log stderr all;
router id 10.0.0.1;
define LOCAL = 65001;
function dear() { return net = 10.2.3.0/24 || net = 2001:db8:2:3::/64; }
filter incoming {
  if net = 10.2.9.0/24 then reject;
  if dear() then { bgp_local_pref = 200; bgp_community.add((LOCAL, 3)); }
  accept;
}
filter outgoing {
  if net = 10.1.9.0/24 then reject;
  if net = 10.1.3.0/24 then { bgp_community.add((LOCAL, 7)); bgp_path.prepend(LOCAL); bgp_med = 50; }
  if source = RTS_STATIC || source = RTS_DEVICE then accept;
  reject;
}
protocol device { scan time 10; }
protocol direct { ipv4; ipv6; interface "-lo", "*"; }
protocol kernel k4 { ipv4 { import all; export where source = RTS_BGP; }; learn; scan time 10; }
protocol kernel k6 { ipv6 { export where source = RTS_BGP; }; scan time 10; }
protocol static s4 {
  ipv4;
  route 10.1.1.0/24 via 192.168.1.3;
  route 10.1.2.0/24 via "va";
  route 10.1.3.0/24 blackhole;
  route 10.1.4.0/24 via 192.168.1.3 via 192.168.1.4 weight 2;
  route 10.1.11.0/24 via 192.168.1.3 via 172.16.0.2 weight 3;
  route 10.1.12.0/24 via "nothere";
  route 10.1.5.0/24 unreachable;
  route 10.1.6.0/24 prohibit;
  route 10.1.7.0/24 recursive 10.1.1.9;
  route 10.1.8.0/24 via 172.16.0.1;
  route 10.1.9.0/24 blackhole;
  route 10.1.10.0/24 blackhole { bgp_med = 5; preference = 150; };
  route 192.168.1.0/24 blackhole;
}
protocol static s6 { ipv6; route 2001:db8:1:1::/64 via fd00:1::2; route 2001:db8:1:2::/64 blackhole; }
protocol static unused { disabled; ipv4; route 10.99.0.0/16 blackhole; route 10.98.0.0/16 via 192.168.1.3; }
template bgp outside { local as LOCAL; hold time 90; connect delay time 1; }
protocol bgp peer4 from outside {
  description "the other one";
  neighbor 192.168.1.2 as 65002;
  ipv4 { import filter incoming; export filter outgoing; import limit 100 action block; };
}
protocol bgp peer6 from outside {
  neighbor fd00:1::2 as 65002;
  ipv6 { import filter incoming; export filter outgoing; next hop self; };
}
protocol bgp nobody from outside { neighbor 192.168.1.9 as 65009; passive; ipv4 { import none; export none; }; }
protocol bgp absent from outside { disabled; neighbor 192.168.1.8 as 65008; ipv4 { import none; export none; }; }
"#;

/// What is asked, in this order; what changes something comes last.
pub(crate) const COMMANDS: &[&str] = &[
    "show status",
    "show protocols",
    "show protocols all",
    "show protocols s4",
    "show protocols all peer4",
    "show protocols \"peer*\"",
    "show protocols nothere",
    "show protocols \"no*\" all",
    "show interfaces",
    "show interfaces summary",
    "show static",
    "show static s4",
    "show static unused",
    "show ospf",
    "show ospf neighbors",
    "show ospf foo",
    "show rip interfaces",
    "show rip",
    "show babel entries",
    "show babel foo",
    "show static nothere",
    "show symbols nothere",
    "show symbols peer4",
    "show symbols incoming",
    "show symbols LOCAL",
    "show symbols table",
    "show symbols filter",
    "show symbols function",
    "show symbols protocol",
    "show symbols template",
    "show bfd sessions",
    "show route",
    "show route all",
    "show route primary",
    "show route 10.1.3.0/24",
    "show route 10.1.3.0/24 all",
    "show route 10.1.33.0/24",
    "show route for 10.2.1.1",
    "show route for 10.2.2.0/25",
    "show route for 2001:db8:2:1::5 all",
    "show route for 203.0.113.1",
    "show route in 10.1.0.0/16",
    "show route table master4",
    "show route table master6 all",
    "show route table all",
    "show route table nothere",
    "show route protocol s4",
    "show route protocol nothere",
    "show route filter incoming",
    "show route where net ~ [10.1.0.0/16{24,24}] && source = RTS_STATIC",
    "show route where bgp_med = 7 all",
    "show route where nothere = 7",
    "show route where 1",
    "show route export peer4",
    "show route export peer4 all",
    "show route export peer6 all",
    "show route preexport peer4",
    "show route noexport peer4",
    "show route export k4",
    "show route export peer4.ipv4",
    "show route export nothere",
    "show route import table peer4.ipv4",
    "show route export table peer4.ipv4",
    "show route import table peer4.ipv6",
    "show route import table peer4",
    "show route import table nothere.ipv4",
    "show route export peer4.ipv6",
    "show route export peer4.foo",
    "show route 10.1.3.1/24",
    "show route for 10.2.2.1/25",
    "show route in",
    "show route for",
    "show route primary primary",
    "show route table",
    "show route protocol",
    "show route filter",
    "show route where",
    "show route filtered export peer4",
    "show route filtered",
    "show route filtered protocol peer4",
    "show route count",
    "show route stats",
    "show route count table master4",
    "show route protocol peer4 count",
    "show route all for",
    "show route foo",
    "show route 10.1.3.0/33",
    "show foo",
    "show",
    "foo",
    "eval 1 + 2",
    "eval (65000, 7)",
    "eval 10.1.0.0/16 ~ [10.0.0.0/8+]",
    "eval LOCAL",
    "eval 1 + true",
    "eval",
    "debug peer4",
    "debug peer4 all",
    "debug peer4 off",
    "debug \"peer*\"",
    "debug peer4 foo",
    "mrtdump peer4",
    "mrtdump peer4 all",
    "echo",
    "echo off",
    "echo all 4096",
    "echo all foo",
    "dump foo",
    "restrict foo",
    "graceful",
    "down foo",
    "reload",
    "reload in",
    "reload in nothere",
    "configure foo",
    "configure check foo",
    "configure check",
    "configure check \"/nonexistent\"",
    "configure \"/nonexistent\"",
    "configure confirm",
    "configure undo",
    "disable nothere",
    "disable unused",
    "enable peer4",
    "reload in peer4",
    "reload out peer4",
    "reload s4",
    "disable s6",
    "show protocols s6",
    "show route table master6",
    "enable s6",
    "restart nothere",
    "enable \"no*\"",
    "disable",
    "configure soft",
    "configure timeout 100",
    "configure confirm",
    "show protocols",
];
