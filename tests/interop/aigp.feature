# AIGP (RFC 7311): the metric goes with routes of an iBGP session that has it.
lacks bird16: no AIGP
lacks openbgpd,frr: no AIGP
let our-as=65002
let seen-as=65002
[godwit channel]
aigp originate;
[bird2 channel]
aigp originate;
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
bird2: godwit has @theirnet@ BGP.aigp
gobgp,exabgp: godwit has @theirnet@ BGP.aigp: 222
bird2: peer has @ournet@ BGP.aigp
gobgp: peer has @ournet@ "type":26
exabgp: peer has @ournet@ aigp
