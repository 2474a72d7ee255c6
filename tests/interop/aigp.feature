# AIGP (RFC 7311): the metric goes with routes of an iBGP session that has it.
lacks bird16: no AIGP
lacks openbgpd,frr: no AIGP
let our-as=65002
let seen-as=65002
[godwit route]
bgp_aigp = 111;
[godwit channel]
aigp on;
[bird2 route]
bgp_aigp = 222;
[bird2 channel]
aigp on;
[gobgp route]
aigp metric 222
[exabgp capability]
aigp;
[exabgp route]
aigp 222
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit has @theirnet@ BGP.aigp: 222
bird2: peer has @ournet@ BGP.aigp: 111
gobgp: peer has @ournet@ "metric":111
exabgp: peer has @ournet@ aigp
