//! Expressions written by hand.

/// For `eval`.
pub(crate) const EXPRESSIONS: &str = r#"
4294967295 + 1
::ffff:1.1.1.1
::ffff:1.1.1.1.is_v4
::ffff:1.1.1.1 ~ 1.0.0.0/8
::ffff:1.1.1.1 ~ ::ffff:0:0/96
1.1.1.1 = ::ffff:1.1.1.1
[= 1 + + =]
RA_PREF_LOW
RA_PREF_HIGH
AF_IPV4
1.2.3.4 ~ [::ffff:1.2.3.4]
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
