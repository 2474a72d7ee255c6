# MULTI_EXIT_DISC, each way.
[godwit route]
bgp_med = 111;
[bird2 route]
bgp_med = 222;
[bird16 session]
export filter { if source != RTS_STATIC then reject; bgp_med = 222; accept; };
[frr top]
route-map mark permit 10
 set metric 222
[frr network]
route-map mark
[gobgp route]
med 222
[openbgpd network]
set metric 222
[exabgp route]
med 222
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit has @theirnet@ BGP.med: 222
bird2,bird16: peer has @ournet@ BGP.med: 111
frr: peer has @ournet@ "metric":111
gobgp: peer has @ournet@ "metric":111
openbgpd: peer has @ournet@ "metric": 111
exabgp: peer has @ournet@ "med": 111
