# IPv4 routes with IPv6 next hops (RFC 8950) over an IPv6 session.
lacks bird16: a daemon for each family
lacks openbgpd: 7.7 has no extended next hops
let over=ipv6
let nets=ipv4
[godwit top]
protocol static four { ipv4; route 10.1.0.0/24 blackhole; }
[godwit channels]
ipv4 { import all; export where source = RTS_STATIC; extended next hop on; };
[bird2 top]
protocol static four { ipv4; route 10.2.0.0/24 blackhole; }
[bird2 channels]
ipv4 { import all; export where source = RTS_STATIC; extended next hop on; };
[frr neighbor]
 neighbor @ours@ capability extended-nexthop
[frr families]
 address-family ipv4 unicast
  neighbor @ours@ activate
  network 10.2.0.0/24
 exit-address-family
[gobgp families]
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv4-unicast"
[gobgp run]
#run global rib add 10.2.0.0/24 nexthop @theirs@ -a ipv4
[exabgp families]
ipv4 unicast;
[exabgp capability]
nexthop;
[exabgp neighbor]
nexthop { ipv4 unicast ipv6; }
[exabgp announce]
} ipv4 { unicast 10.2.0.0/24 next-hop @theirs@;
[steps]
up
godwit has 10.2.0.0/24 @theirs@
peer has 10.1.0.0/24 @ours@
