# A neighbor that knows 2-octet AS numbers only (RFC 6793): it sees AS_TRANS, and the true path goes beside it.
lacks gobgp: it always announces 4-octet AS numbers
lacks bird2: with `enable as4 off` it still holds the 4-octet number against the 2-octet one it has to be configured with
let our-as=4200000001
let frr,openbgpd seen-as=4200000001
let bird16,exabgp seen-as=23456
[bird16 session]
enable as4 off;
[frr neighbor]
 neighbor @ours@ dont-capability-negotiate
[openbgpd neighbor]
announce as-4byte no
[exabgp capability]
asn4 disable;
[steps]
up
godwit has @theirnet@
peer has @ournet@
bird16: peer has @ournet@ BGP.as_path: 4200000001
frr: peer has @ournet@ "string":"23456"
openbgpd: peer has @ournet@ "aspath": "4200000001"
exabgp: peer has @ournet@ 23456
