# IPv4 and IPv6 routes over one IPv4 session (RFC 4760); each end looks at the other family.
lacks bird16: a daemon for each family
lacks openbgpd: over an IPv4 session it announces :: as its IPv6 next hop, which we treat as withdrawn
let nets=ipv6
let ours-also=2001:db8::1/64
let theirs-also=2001:db8::2/64
[godwit top]
protocol static six { ipv6; route 2001:db8:1::/48 blackhole; }
[godwit channels]
ipv6 { import all; export where source = RTS_STATIC; next hop address 2001:db8::1; };
[bird2 top]
protocol static six { ipv6; route 2001:db8:2::/48 blackhole; }
[bird2 channels]
ipv6 { import all; export where source = RTS_STATIC; next hop address 2001:db8::2; };
[frr top]
route-map six permit 10
 set ipv6 next-hop global 2001:db8::2
[frr families]
 address-family ipv6 unicast
  neighbor @ours@ activate
  neighbor @ours@ route-map six out
  network 2001:db8:2::/48
 exit-address-family
[gobgp families]
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv6-unicast"
[gobgp run]
#run global rib add 2001:db8:2::/48 nexthop 2001:db8::2 -a ipv6
[exabgp families]
ipv6 unicast;
[exabgp announce]
} ipv6 { unicast 2001:db8:2::/48 next-hop 2001:db8::2;
[steps]
up
godwit has @theirnet@
godwit has 2001:db8:2::/48 BGP.next_hop: 2001:db8::2
bird2: peer has 2001:db8:1::/48 BGP.next_hop: 2001:db8::1
frr,gobgp: peer has 2001:db8:1::/48 2001:db8::1
exabgp: peer has 2001:db8:1::/48 "2001:db8::1"
