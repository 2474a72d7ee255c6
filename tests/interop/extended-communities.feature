# Extended communities (RFC 4360), each way.
[godwit route]
bgp_ext_community.add((rt,65001,111));
[bird2 route]
bgp_ext_community.add((rt,65002,222));
[bird16 session]
export filter { if source != RTS_STATIC then reject; bgp_ext_community.add((rt,65002,222)); accept; };
[frr top]
route-map mark permit 10
 set extcommunity rt 65002:222
[frr network]
route-map mark
[gobgp route]
rt 65002:222
[openbgpd network]
set ext-community rt 65002:222
[exabgp route]
extended-community [ target:65002:222 ]
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit has @theirnet@ BGP.ext_community: (rt, 65002, 222)
bird2,bird16: peer has @ournet@ (rt, 65001, 111)
frr: peer has @ournet@ RT:65001:111
gobgp: peer has @ournet@ "value":"65001:111"
openbgpd: peer has @ournet@ rt 65001:111
exabgp: peer has @ournet@ target:65001:111
