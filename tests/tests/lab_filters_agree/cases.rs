//! What was written by hand: the routes, and what is done with them.

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

/// For `eval`.
pub(crate) const EXPRESSIONS: &str = r#"
4294967295 + 1
0 - 1
65536 * 65536
7 / 2
1 / 0
(1 + 2) * 3
1 + 2 * 3
10 - 3 - 2
100 / 7 / 2
4294967296
0xffffffff
0xFFFFFFFFF
1 < 2
true
false
!true
true && false || true
false && false || true && false
true || false && false
1 = 1
1 = true
1 = 1.1.1.1
"a" = "a"
"a" < "b"
"a" < "B"
"abc" ~ "a*"
"abc" ~ "a?c"
"abc" ~ "a[bc]c"
"abc" !~ "a*"
"a*" ~ "abc"
1 ~ [1,2]
1 ~ [1..5]
3 ~ []
3 !~ []
3 ~ S
7 ~ S
A
A + 1
f(3)
fact(5)
fact(13)
fact(100)
(1,2)
(65535,65535)
(65536,1)
(1,2) = (1,2)
(1,2) < (1,3)
(1,2) ~ [(1,*)]
(1,2) ~ [(1,1..2)]
(1,2) ~ [(*,2)]
(1,2) ~ [(*,*)]
(1,2) ~ [(1..3,2)]
(1,2) ~ [(1,2)..(3,4)]
[(1,2)..(3,4)]
[(1..3,4)]
[(1,*)]
[(*,2)]
[(*,*)]
[(1..2,3..4)]
[(1..2,*)]
[(*,3..4)]
[1,2,3]
[1..3,2..7,9]
[3,2,1]
[5..1]
[10.0.0.0/8]
[10.0.0.0/8+]
[10.0.0.0/8{16,24}]
[10.0.0.0/8{24,16}]
[10.0.0.0/8{24,33}]
[10.0.0.0/8, 10.0.0.0/8+]
[10.0.0.0/8, 10.1.0.0/16]
[0.0.0.0/0+]
[0.0.0.0/0]
[::/0+]
[2001:db8::/32{48,64}]
[2001:db8::/32, 10.0.0.0/8]
[]
10.1.0.0/16 ~ [10.0.0.0/8+]
10.0.0.0/8 ~ [10.1.0.0/16-]
10.1.0.0/16 ~ 10.0.0.0/8
10.1.0.0/16 ~ PS
10.1.2.3 ~ 10.0.0.0/8
10.1.2.3 ~ [10.1.2.0..10.1.2.9]
10.1.2.3 ~ PS
10.0.0.0/8.ip
10.0.0.0/8.len
10.1.2.3.mask(8)
10.1.2.3.mask(0)
10.1.2.3.mask(32)
2001:db8::1.mask(32)
2001:db8::1.mask(129)
10.0.0.0/8.type
2001:db8::/32.type
NET_IP4
NET_IP6
RTS_BGP
RTS_STATIC
RTD_BLACKHOLE
SCOPE_HOST
SCOPE_UNIVERSE
ORIGIN_IGP
ORIGIN_EGP
ORIGIN_IGP < ORIGIN_EGP
ORIGIN_IGP = RTS_BGP
ORIGIN_IGP < RTS_BGP
ORIGIN_IGP ~ [ORIGIN_IGP, ORIGIN_EGP]
ORIGIN_IGP ~ [ORIGIN_IGP..ORIGIN_INCOMPLETE]
ORIGIN_IGP ~ [RTS_BGP]
1.1.1.1.is_v4
::1.is_v4
+empty+
-empty-
--empty--
---empty---
prepend(+empty+, 5)
prepend(prepend(+empty+, 5), 6)
add(-empty-, (1,2))
add(add(-empty-, (1,2)),(1,2))
add(add(-empty-, (3,2)),(1,2))
add(-empty-, 1.2.3.4)
add(-empty-, 3)
add(--empty--, (rt,1,2))
add(--empty--, (1,2))
add(---empty---, (1,2,3))
delete(add(-empty-, (1,2)), (1,2))
delete(add(-empty-, (1,2)), [(1,*)])
filter(add(-empty-, (1,2)), [(1,*)])
filter(add(-empty-, (1,2)), [(2,*)])
filter(add(-empty-, (1,2)), (1,2))
add(-empty-, [(1,2)])
prepend(+empty+, 5).first
prepend(+empty+, 5).last
prepend(prepend(+empty+, 5), 6).first
prepend(prepend(+empty+, 5), 6).last
prepend(prepend(+empty+, 5), 6).len
prepend(prepend(+empty+, 5), 6).last_nonaggregated
delete(prepend(prepend(+empty+, 5), 6), 5)
delete(prepend(prepend(+empty+, 5), 6), [1..5])
filter(prepend(prepend(+empty+, 5), 6), [1..5])
filter(prepend(prepend(+empty+, 5), 6), 5)
add(+empty+, 5)
+empty+.first
+empty+.last
+empty+.len
-empty-.len
--empty--.len
---empty---.len
-empty-.min
-empty-.max
add(-empty-, (1,2)).min
add(add(-empty-, (1,2)),(0,5)).max
--empty--.min
---empty---.max
(1,2).asn
(1,2).data
(1,2,3).asn
(1,2,3).data1
(1,2,3).data2
(rt, 1, 2)
(ro, 1.2.3.4, 2)
(rt, 70000, 2)
(rt, 70000, 70000)
(rt, 1.2.3.4, 70000)
(rt, 7, 70000)
(generic, 1, 2)
(generic, 0x20001, 2)
(generic, 0x01020304, 2)
(unknown 0x0506, 1, 2)
(unknown 0x4306, 1, 2)
(unknown 0x80, 1.1.1.1, 2)
[(rt, 1, 2)]
[(rt, 1, 2..5)]
[(rt, 1, *)]
[(rt, 70000, *)]
[(generic, 1, 2)]
[(rt, *, *)]
(rt, 1, 4) ~ [(rt, 1, 2..5)]
(rt, 1, 4) ~ [(ro, 1, 2..5)]
(rt, 1, 4) ~ [(rt, 1, *)]
[(1,2,3)]
[(1,2,*)]
[(1,*,*)]
[(*,*,*)]
[(1,2,3..4)]
[(1,2..3,*)]
[(1..2,*,*)]
[(1,2..3,4)]
[(1,2,3)..(4,5,6)]
(1,2,3) ~ [(1,2,*)]
(1,2,3) < (1,2,4)
(1,2,3) = (1,2,3)
(rt,1,2) < (rt,1,3)
[= 1 2 3 =]
[= * =]
[= =]
[= 1 ? 2 * =]
[= 1+ 2 =]
[= 1..5 =]
[= [1,2,3] =]
[= (A+1) A =]
[= S =]
[= + =]
[= * + =]
[= ? + =]
prepend(+empty+, 5) ~ [= 5 =]
prepend(+empty+, 5) ~ [= ? =]
prepend(+empty+, 5) ~ [= * =]
+empty+ ~ [= * =]
+empty+ ~ [= =]
+empty+ ~ [= ? =]
prepend(prepend(+empty+, 5), 6) ~ [= 5 6 =]
prepend(prepend(+empty+, 5), 6) ~ [= 6 5 =]
prepend(prepend(+empty+, 5), 6) ~ [= 6 + 5 =]
prepend(prepend(+empty+, 5), 6) ~ [= [5,6]+ =]
prepend(prepend(+empty+, 5), 6) ~ [5]
prepend(prepend(+empty+, 5), 6) ~ [7]
5 ~ prepend(+empty+, 5)
6 ~ prepend(+empty+, 5)
defined(1)
defined(+empty+)
defined(-empty-)
defined(bgp_path)
bgp_path
net
preference
format(1)
format(1.1.1.1) 
format((1,2)) 
format([1,2])
format("a")
"a" + "b"
1 + "a"
1 < 1.1.1.1
1 < "a"
1 ~ "a"
"a" ~ 1
1.1.1.1 < 2.2.2.2
1.1.1.1 < ::1
10.0.0.0/8 < 11.0.0.0/8
10.0.0.0/8 < 10.0.0.0/16
10.0.0.0/8 = 10.0.0.0/8
10.0.0.0/8 < 2001:db8::/32
10.0.0.1/8
[1,2] = [2,1]
[1,2] = [1..2]
[1,2] < [1,3]
[10.0.0.0/8+] = [10.0.0.0/8{8,32}]
[10.0.0.0/8+] ~ [10.0.0.0/8+]
[= 1 =] = [= 1 =]
+empty+ = +empty+
+empty+ < +empty+
-empty- = -empty-
true < false
!5
!(5 = 5)
!5 = 5
-1
- 1
1 - -1
1 % 2
'a'
1 = 1 = true
(1 = 1) = true
1 < 2 < 3
((((1))))
1;
1 2
(1,2,3,4)
("a",2)
(1.1.1.1,2)
(true,2)
["a"]
[true]
[1.1.1.1]
[1.1.1.1..2.2.2.2]
[::1]
[A]
[A..A+1]
[(A), (A+1)]
[A, 5]
[(A,1)]
[(A,A)]
[(A, A..A)]
[1+1]
[-1]
[(1+1)]
[(1+1,2)]
[((1+1),2)]
[(f(1))]
[S]
[RTS_BGP]
[RTS_BGP..RTS_STATIC]
[RTS_STATIC..RTS_BGP]
nothere
nothere(1)
f
f()
f(1,2)
f("a")
f(true)
A(1)
A.len
S.len
1.len
"abc".len
(1,2).len
1.1.1.1.len
10.0.0.0/8.mask(3)
1.1.1.1.mask("a")
1.1.1.1.mask(-1)
1.1.1.1 / 8
1.1.1.1/8
10.0.0.0/8 / 2
""
01
007
08
1_000
0x
0x10
::1
::
1::2
2001:db8::g
1.2.3
1.2.3.4.5
256.1.1.1
1.2.3.4/33
10.0.0.0/255.0.0.0
accept
if true then 1
bgp_community
bgp_med = 5
from
ifname
source
proto
defined(net)
roa_check(x)
filter
filter(1,2)
add(1,2)
delete(1,2)
prepend(1,2)
prepend(+empty+, "a")
prepend(+empty+, (1,2))
empty
+empty
(1,2).foo
format()
is_v4
"#;

/// Bodies of filters.
pub(crate) const BODIES: &str = r#"
accept;
reject;
error;
return true;
return false;
return 1;
;
{ accept; }
if net.len > 16 then accept; reject;
if net.len > 16 then accept; else reject;
if bgp_med = 5 then accept;
if bgp_med > 3 then accept;
if bgp_med + 1 > 3 then accept;
if defined(bgp_med) then accept;
if defined(bgp_path) then accept;
if defined(bgp_community) then accept;
if ! defined(bgp_med) then accept;
if bgp_med != 5 then accept;
if bgp_path.len = 0 then accept;
if bgp_path ~ [= * =] then accept;
if bgp_path ~ [= 1 2 3 =] then accept;
if bgp_path ~ [= 1 * =] then accept;
if bgp_path ~ [2] then accept;
if 2 ~ bgp_path then accept;
if bgp_path.first = 1 then accept;
if bgp_path.last = 3 then accept;
if (1,2) ~ bgp_community then accept;
if bgp_community ~ [(1,*)] then accept;
if bgp_community !~ [(1,*)] then accept;
if bgp_ext_community ~ [(rt,1,*)] then accept;
if (rt,1,2) ~ bgp_ext_community then accept;
if bgp_large_community ~ [(1,*,*)] then accept;
if (1,2,3) ~ bgp_large_community then accept;
if net ~ [10.0.0.0/8+] then accept;
if net ~ [10.0.0.0/8{24,32}] then accept;
if net ~ [10.1.2.0/24-] then accept;
if net ~ [0.0.0.0/0] then accept;
if net ~ [0.0.0.0/0+] then accept;
if net ~ [::/0+] then accept;
if net ~ 10.1.0.0/16 then accept;
if net !~ 10.1.0.0/16 then accept;
if net = 10.1.0.0/16 then accept;
if net.ip = 10.1.2.0 then accept;
if net.ip ~ 10.1.2.0/24 then accept;
if net.type = NET_IP4 then accept;
if net.type = NET_IP6 then accept;
if source = RTS_STATIC then accept;
if source ~ [RTS_STATIC, RTS_BGP] then accept;
if proto = "s1" then accept;
if proto ~ "s*" then accept;
if proto ~ "s?" then accept;
if proto < "s2" then accept;
if dest = RTD_BLACKHOLE then accept;
if dest = RTD_UNREACHABLE then accept;
if dest = RTD_UNICAST then accept;
if dest = RTD_PROHIBIT then accept;
if ifname = "lo" then accept;
if ifname = "" then accept;
if defined(ifname) then accept;
if ifindex = 1 then accept;
if gw = 0.0.0.0 then accept;
if gw = :: then accept;
if from = 0.0.0.0 then accept;
if from = :: then accept;
if scope = SCOPE_UNIVERSE then accept;
if preference = 200 then accept;
if preference < 200 then accept;
if bgp_origin = ORIGIN_EGP then accept;
if bgp_next_hop = 1.2.3.4 then accept;
if bgp_local_pref = 200 then accept;
if krt_metric = 7 then accept;
if defined(krt_metric) then accept;
if weight = 1 then accept;
if onlink then accept;
preference = 50; accept;
preference = 65535; accept;
preference = 65536; accept;
preference = preference + 1; accept;
scope = SCOPE_HOST; accept;
scope = SCOPE_SITE; accept;
dest = RTD_BLACKHOLE; accept;
dest = RTD_UNICAST; accept;
dest = RTD_PROHIBIT; accept;
ifname = "nope"; accept;
gw = 1.1.1.1; accept;
weight = 5; accept;
weight = 0; accept;
weight = 257; accept;
onlink = true; accept;
from = 9.9.9.9; accept;
source = RTS_BGP; accept;
net = 1.0.0.0/8; accept;
proto = "x"; accept;
ifindex = 4; accept;
bgp_med = 77; accept;
bgp_med = bgp_med + 1; accept;
bgp_med = 0 - 1; accept;
bgp_med = 1.1.1.1; accept;
bgp_med = "a"; accept;
bgp_med = true; accept;
unset(bgp_med); accept;
unset(bgp_path); accept;
unset(bgp_community); accept;
unset(preference); accept;
unset(bgp_origin); unset(bgp_next_hop); unset(bgp_local_pref); accept;
bgp_local_pref = 1; accept;
bgp_origin = ORIGIN_INCOMPLETE; accept;
bgp_origin = ORIGIN_IGP; accept;
bgp_origin = 1; accept;
bgp_origin = RTS_BGP; accept;
bgp_next_hop = 5.5.5.5; accept;
bgp_next_hop = 2001:db8::5; accept;
bgp_next_hop = 5; accept;
bgp_path.prepend(9); accept;
bgp_path.prepend(0); accept;
bgp_path.prepend(4294967295); accept;
bgp_path.empty; accept;
bgp_path.delete(2); accept;
bgp_path.delete([2,3]); accept;
bgp_path.filter([2,3]); accept;
bgp_path.filter(2); accept;
bgp_path.add(2); accept;
bgp_path = +empty+; accept;
bgp_path = prepend(bgp_path, 5); accept;
bgp_path = prepend(prepend(bgp_path, 5),6); accept;
bgp_path = delete(bgp_path, 1); accept;
bgp_community.empty; accept;
bgp_community.add((9,9)); accept;
bgp_community.add((1,2)); accept;
bgp_community.add(1.2.3.4); accept;
bgp_community.add(9); accept;
bgp_community.add([(1,2)]); accept;
bgp_community.add(bgp_community); accept;
bgp_community.add(bgp_cluster_list); accept;
bgp_community.delete((1,2)); accept;
bgp_community.delete([(1,*),(3,4)]); accept;
bgp_community.delete(bgp_community); accept;
bgp_community.delete([(*,6)]); accept;
bgp_community.delete([]); accept;
bgp_community.filter([(1,*)]); accept;
bgp_community.filter([(5..6,*)]); accept;
bgp_community.filter(bgp_community); accept;
bgp_community.filter((1,2)); accept;
bgp_community.filter([]); accept;
bgp_community = -empty-; accept;
bgp_community = add(bgp_community, (0,0)); accept;
bgp_community = bgp_path; accept;
bgp_community.prepend(3); accept;
bgp_ext_community.add((rt,5,5)); accept;
bgp_ext_community.add((unknown 0x4006,5,5)); accept;
bgp_ext_community.add((1,2)); accept;
bgp_ext_community.delete((rt,1,2)); accept;
bgp_ext_community.delete([(rt,1,*)]); accept;
bgp_ext_community.filter([(rt,1,*)]); accept;
bgp_ext_community.empty; accept;
bgp_large_community.add((7,7,7)); accept;
bgp_large_community.add((1,2,3)); accept;
bgp_large_community.delete((1,2,3)); accept;
bgp_large_community.delete([(1,2,*)]); accept;
bgp_large_community.filter([(1,*,*)]); accept;
bgp_large_community.filter([(1,2,3)]); accept;
bgp_large_community.empty; accept;
bgp_cluster_list.add(7.7.7.7); accept;
bgp_cluster_list.empty; accept;
bgp_originator_id = 5.5.5.5; accept;
bgp_originator_id = 5; accept;
if bgp_originator_id = 1.2.3.4 then accept;
if bgp_originator_id < 1.2.3.5 then accept;
if bgp_originator_id ~ [1.2.3.4] then accept;
if bgp_cluster_list ~ [9.9.9.9] then accept;
if 9.9.9.9 ~ bgp_cluster_list then accept;
bgp_atomic_aggr = 1; accept;
bgp_aggregator = 1; accept;
if defined(bgp_aggregator) then accept;
bgp_aigp = 4; accept;
if defined(bgp_otc) then accept;
krt_metric = 4; accept;
krt_prefsrc = 1.1.1.1; accept;
krt_prefsrc = ::1; accept;
krt_realm = 4; accept;
krt_lock_mtu = 1; accept;
krt_mtu = 1400; accept;
krt_feature_ecn = 1; accept;
krt_source = 4; accept;
xi = 5; accept;
xi = "a"; accept;
xi = bgp_med; accept;
if xi = 5 then accept;
if defined(xi) then accept;
xi = 5; if xi = 5 then accept;
case net.len { 16: accept; 24..25: reject; else: accept; }
case net.len { 16: accept; 24..25: reject; } accept;
case net.len { 16, 24: accept; }
case bgp_med { 5: accept; else: reject; }
case bgp_med { 0: accept; }
case source { RTS_STATIC: accept; }
case net.ip { 10.1.0.0 .. 10.1.1.255: accept; }
case (1,2) { (1,1..3): accept; }
case (1,2) { (1,*): accept; }
case net { 10.0.0.0/8: accept; }
case proto { "s1": accept; }
case 1 { 1: accept; 1..2: reject; }
case 1 { 1..5: accept; 3..7: reject; }
case 1 { 3: if false then accept; else: accept; }
case 1 { 1: bgp_med = 3; bgp_local_pref = 3; accept; 2: reject; }
case 1 { else: accept; }
case 1 { else: accept; 2: reject; }
case 1 { }
case 1 { 1: } accept;
int i = 5; bgp_med = i; accept;
int i = "a"; accept;
int i = 5; { int i = 6; bgp_med = i; } bgp_local_pref = i; accept;
int i = 5; int i = 6; accept;
prefix p = net; if p ~ [10.0.0.0/8+] then accept;
prefix set p = [10.0.0.0/8+]; if net ~ p then accept;
pair p = (1,2); if p ~ bgp_community then accept;
quad q = bgp_originator_id; if q = 1.2.3.4 then accept;
quad q = 1.1.1.1; bgp_originator_id = q; accept;
ip i = net.ip; if i.is_v4 then accept;
bgppath p = bgp_path; p = prepend(p, 3); bgp_path = p; accept;
bgppath p; p = prepend(p, 3); bgp_path = p; accept;
bgpmask m = [= 1 * =]; if bgp_path ~ m then accept;
clist c = bgp_community; c = add(c, (8,8)); bgp_community = c; accept;
clist c; c = add(c, (8,8)); bgp_community = c; accept;
clist c; if defined(c) then accept;
eclist c; c = add(c, (rt,8,8)); bgp_ext_community = c; accept;
lclist c; c = add(c, (8,8,8)); bgp_large_community = c; accept;
enum e; accept;
bool b = net.len = 16; if b then accept;
bool b; if b then accept;
for int i in bgp_path do bgp_med = i; accept;
for int i in bgp_path do { bgp_med = bgp_med + i; } accept;
for pair p in bgp_community do bgp_med = p.data; accept;
for ec e in bgp_ext_community do bgp_med = 3; accept;
for lc l in bgp_large_community do bgp_med = l.data2; accept;
for int i in bgp_community do bgp_med = i; accept;
for int i in net do bgp_med = i; accept;
for int i in bgp_path do if i = 2 then accept;
accept "yes ", net;
reject "no";
if 1 then accept;
if bgp_med then accept;
if bgp_med && true then accept;
if true && bgp_med then accept;
if true || bgp_med then accept;
if bgp_med = bgp_local_pref then accept;
if bgp_med < bgp_local_pref then accept;
if bgp_path = bgp_path then accept;
if bgp_community = bgp_community then accept;
if bgp_path = +empty+ then accept;
if bgp_path != +empty+ then accept;
if bgp_community = -empty- then accept;
if bgp_next_hop < 2.0.0.0 then accept;
if bgp_next_hop ~ 1.0.0.0/8 then accept;
if bgp_next_hop.is_v4 then accept;
bgp_next_hop = bgp_next_hop.mask(8); accept;
if net.ip.mask(8) = 10.0.0.0 then accept;
if bgp_community.len = 3 then accept;
if bgp_community.len = 0 then accept;
if bgp_path.last_nonaggregated = 3 then accept;
if bgp_med = 1 / 0 then accept;
bgp_med = 10 / bgp_med; accept;
bgp_med = 10 / (bgp_med - 5); accept;
if (bgp_med = 5) = true then accept;
if f(bgp_med) = 6 then accept;
bgp_med = f(bgp_med); accept;
bgp_med = f(3); accept;
bgp_med = fact(net.len); accept;
f(3); accept;
nope(3); accept;
bgp_med(3); accept;
net.len = 3; accept;
bgp_path.len = 3; accept;
S = [1]; accept;
A = 1; accept;
nope = 1; accept;
if net.len = 16 then { bgp_med = 1; accept; } else if net.len = 24 then { bgp_med = 2; accept; } else { bgp_med = 3; accept; }
if true then if false then reject; else accept;
if net.len = 16 then { } accept;
bgp_community.add((bgp_med, 3)); accept;
bgp_community.add((65001, net.len)); accept;
bgp_community.add((A, 3)); accept;
bgp_community.add((70000, 3)); accept;
bgp_large_community.add((A, bgp_med, net.len)); accept;
bgp_ext_community.add((rt, bgp_med, net.len)); accept;
bgp_ext_community.add((rt, bgp_next_hop, net.len)); accept;
bgp_ext_community.add((rt, 1.1.1.1, 70000)); accept;
if bgp_path ~ [= A * =] then accept;
if bgp_path ~ [= (bgp_med - 4) * =] then accept;
if bgp_path ~ [= [1,2] * 3 =] then accept;
if bgp_path ~ [= ?+ =] then accept;
if bgp_path ~ [= 1 2+ 3 =] then accept;
if bgp_path ~ [= 1 ? 3 =] then accept;
if bgp_path ~ [= 1..2 * =] then accept;
if bgp_path ~ [= * 3 =] then accept;
if bgp_path ~ [1..2] then accept;
if bgp_path ~ [] then accept;
if bgp_path !~ [] then accept;
if bgp_path ~ (1,2) then accept;
if bgp_community ~ (1,2) then accept;
if bgp_community ~ [1] then accept;
if net ~ [1] then accept;
if net ~ net then accept;
if net.ip ~ net then accept;
if bgp_path.first ~ S then accept;
if bgp_path.first ~ [1,2] && bgp_path.len < 4 then accept;
bgp_path.prepend(bgp_path.first); accept;
bgp_path.prepend(bgp_med); accept;
bgp_path.prepend("a"); accept;
bgp_path.prepend(bgp_path); accept;
bgp_med = bgp_path.len; accept;
bgp_med = (bgp_path.len * 10) + bgp_community.len; accept;
bgp_local_pref = bgp_path.last; accept;
bgp_med = bgp_community.min.asn; accept;
pair p = bgp_community.max; bgp_med = p.data; accept;
bgp_med = bgp_large_community.min.data2; accept;
if bgp_med < 10 then accept;
if bgp_med <= 10 then accept;
if bgp_med >= 3 then accept;
if 3 < bgp_med then accept;
if bgp_local_pref < bgp_med then accept;
if bgp_origin < ORIGIN_EGP then accept;
if bgp_next_hop > 1.0.0.0 then accept;
if bgp_next_hop >= 1.0.0.0 then accept;
if bgp_next_hop ~ [1.2.3.4] then accept;
if bgp_next_hop !~ [1.2.3.4] then accept;
if bgp_med ~ [1..10] then accept;
if bgp_med !~ [1..10] then accept;
if bgp_origin ~ [ORIGIN_EGP] then accept;
if krt_prefsrc ~ 1.0.0.0/8 then accept;
if !(bgp_med = 5) then accept;
if bgp_med != bgp_local_pref then accept;
int i = bgp_med; accept;
int i = bgp_med; if defined(i) then accept;
int i = 3; i = bgp_med; if defined(i) then accept;
bgp_local_pref = bgp_med; accept;
bgp_community.add((1, bgp_med)); accept;
case bgp_med { 1..10: accept; else: reject; }
if bgp_originator_id != 1.2.3.4 then accept;
if bgp_originator_id ~ [1.2.3.4, 5.5.5.5] then accept;
if bgp_originator_id ~ [1.2.0.0..1.2.255.255] then accept;
if bgp_cluster_list ~ [(9,9)] then accept;
if bgp_cluster_list.len = 1 then accept;
if 9.9.9.8 ~ bgp_cluster_list then accept;
if (2313,2313) ~ bgp_cluster_list then accept;
bgp_cluster_list.delete(9.9.9.9); accept;
bgp_cluster_list.delete([9.9.9.9]); accept;
bgp_community.add(bgp_originator_id); accept;
if "a" = 1 then accept;
if format(bgp_path) = "1 2 3" then accept;
if format(bgp_path) ~ "*1 2*" then accept;
if format(net) ~ "10.*" then accept;
if format(bgp_med) = "5" then accept;
if format(bgp_community) ~ "*(1,2)*" then accept;
if ifname ~ "l*" then accept;
if proto ~ "S*" then accept;
if gw ~ 0.0.0.0/0 then accept;
if gw ~ ::/0 then accept;
if from ~ 0.0.0.0/0 then accept;
if from ~ ::/0 then accept;
if from.is_v4 then accept;
if net ~ [ 10.1.0.0/16{20,25}, 0.0.0.0/0 ] then accept;
if net ~ [ 10.1.0.0/16-, 2001:db8::/32 ] then accept;
if net < 10.1.2.0/24 then accept;
if net > 10.1.2.0/24 then accept;
if net <= 10.1.2.0/24 then accept;
if net.len <= 16 then accept;
if net.ip < 10.1.2.0 then accept;
if net.ip < :: then accept;
if net.ip.mask(16) = 10.1.0.0 then accept;
if defined(bgp_next_hop) && bgp_next_hop = 1.2.3.4 then accept; else reject;
if defined(net) then accept;
if defined(gw) then accept;
if defined(bgp_med + 1) then accept;
if defined(3) then accept;
if true then { if bgp_med = 5 then { bgp_med = 6; } else { bgp_med = 7; } accept; }
bgp_med = 1; bgp_med = bgp_med + 1; bgp_med = bgp_med * 3; accept;
bgp_med = 5; unset(bgp_med); if defined(bgp_med) then accept; reject;
bgp_community.empty; if defined(bgp_community) then accept; reject;
bgp_community = -empty-; if defined(bgp_community) then accept; reject;
unset(bgp_path); if defined(bgp_path) then accept; reject;
unset(bgp_community); bgp_community.add((9,9)); accept;
bgp_path.empty; bgp_path.prepend(9); accept;
preference = 70000; accept;
preference = 0 - 1; accept;
weight = 3; accept;
dest = RTD_UNREACHABLE; if dest = RTD_UNREACHABLE then accept;
dest = RTD_UNREACHABLE; if gw = 0.0.0.0 then accept;
scope = SCOPE_UNDEFINED; accept;
scope = SCOPE_LINK; accept;
bgp_origin = ORIGIN_EGP; if bgp_origin = ORIGIN_EGP then accept;
f(1); f(2); accept;
if fact(5) = 120 then accept;
for int i in bgp_path do { if i = 2 then { bgp_med = 99; accept; } } reject;
for int i in [1,2] do accept;
for pair p in bgp_community do { bgp_large_community.add((p.asn, p.data, 0)); } accept;
for int i in bgp_path do { bgp_community.add((0, i)); } accept;
case net.ip { 10.1.0.0..10.1.255.255: accept; }
case proto { else: accept; }
case bgp_path.first { 1: accept; 2: reject; }
case (bgp_path.first, 2) { (1,2): accept; }
case bgp_origin { ORIGIN_EGP: accept; else: reject; }
case dest { RTD_BLACKHOLE, RTD_PROHIBIT: accept; }
case bgp_next_hop { 1.2.3.4: accept; }
case bgp_next_hop { ::: accept; }
case from { 0.0.0.0: accept; else: reject; }
case bgp_originator_id { 1.2.3.4: accept; }
case bgp_med { 5: { bgp_med = 3; accept; } }
case bgp_med { (4+1): accept; }
if net ~ PS then accept;
if ! net ~ PS then accept;
if net !~ PS then accept;
if (net ~ PS) = false then accept;
"#;

/// Bodies of filters, for 1.6.
pub(crate) const BODIES_16: &str = r"
if bgp_med < 10 then accept;
if bgp_med > 3 then accept;
if bgp_med >= 3 then accept;
if bgp_next_hop < 2.0.0.0 then accept;
if bgp_med <= bgp_local_pref then accept;
if bgp_med ~ [1..10] then accept;
if bgp_cluster_list ~ [9.9.9.9] then accept;
if bgp_cluster_list ~ [(9,9)] then accept;
if bgp_community ~ [1] then accept;
if defined(bgp_path) then accept;
if bgp_med != 5 then accept;
if preference > 5000 then accept;
bgp_path.filter(2); accept;
bgp_community.add(9); accept;
return 1;
return true;
if bgp_path ~ (1,2) then accept;
if gw = 0.0.0.0 then accept;
if defined(bgp_community) then accept;
if defined(bgp_ext_community) then accept;
if defined(bgp_large_community) then accept;
if defined(bgp_cluster_list) then accept;
if defined(bgp_med) then accept;
return false;
if bgp_path.len = 0 then accept;
if bgp_community ~ [(1,2)] then reject; accept;
bgp_path.prepend(5); accept;
bgp_path.empty; accept;
bgp_path.delete(5); accept;
bgp_path.filter([5]); accept;
bgp_path = prepend(bgp_path, 5); accept;
bgp_path = +empty+; if defined(bgp_path) then accept;
if bgp_path ~ [= * =] then accept;
if bgp_path ~ [5] then accept;
if bgp_path !~ [5] then accept;
if ! (bgp_path ~ [= 5 =]) then accept;
if 5 ~ bgp_path then accept;
if bgp_path.last = 0 then accept;
if bgp_path.first = 0 then accept;
if bgp_path = +empty+ then accept;
if bgp_large_community.len = 0 then accept;
";
