//! The routes that filters are tried on.

/// Two tables with a route of each kind.
pub(crate) const CONFIG: &str = r#"
log stderr all;
router id 10.0.0.1;
define A = 65001;
define S = [1, 5..10, 100];
define PS = [10.0.0.0/8+, 192.168.0.0/16{20,24}];
function f(int a) { return a + 1; }
function fact(int n) { if n < 2 then return 1; return n * fact(n - 1); }
attribute int xi;
attribute clist xj;
attribute bgppath xk;
attribute eclist xl;
attribute lclist xm;
attribute ip xn;
attribute quad xo;
ipv4 table t4;
ipv6 table t6;
protocol device { }
protocol static s1 { ipv4 { table t4; };
  route 10.1.0.0/16 blackhole {
    bgp_path = +empty+; bgp_path.prepend(3); bgp_path.prepend(2); bgp_path.prepend(1);
    bgp_med = 5; bgp_local_pref = 200; bgp_origin = ORIGIN_EGP; bgp_next_hop = 1.2.3.4;
    bgp_community.add((1,2)); bgp_community.add((5,6)); bgp_community.add((3,4));
  };
  route 10.1.2.0/24 unreachable {
    bgp_ext_community.add((rt,1,2)); bgp_ext_community.add((ro,1.1.1.1,2));
    bgp_ext_community.add((generic,0x43000000,2));
    bgp_large_community.add((1,2,3)); bgp_large_community.add((1,2,2)); krt_metric = 7;
  };
  route 10.1.2.128/25 prohibit { preference = 77; };
  route 0.0.0.0/0 via "lo";
}
protocol static s6 { ipv6 { table t6; };
  route 2001:db8::/32 blackhole { bgp_med = 1; bgp_originator_id = 1.2.3.4; bgp_cluster_list.add(9.9.9.9); };
  route ::/0 unreachable;
}
"#;

/// The router of BIRD 1.6.
pub(crate) const CONFIG_16: &str = r"
log stderr all;
router id 10.0.0.1;
protocol device { }
protocol static {
  route 10.0.0.0/8 blackhole;
  route 10.1.0.0/16 blackhole { bgp_med = 5; bgp_next_hop = 1.2.3.4; bgp_cluster_list.add(9.9.9.9); preference = 700; };
}
";
