# An interface in place of an address: the peer finds us on its link.
lacks bird2,bird16,openbgpd,exabgp: no neighbors by interface
lacks frr: bgpd without zebra knows no interfaces; there is a lab of its own
let over=ipv6
let ours-also=fe80::1/64
let theirs-also=fe80::2/64
let us=fe80::1
let whom=fe80::2%eth0
let them=fe80::2%eth0
let at-key=neighbor-interface
let at=eth0
let ask=fe80::1%eth0
[godwit session]
direct;
[steps]
up
godwit has @theirnet@ from fe80::2
peer has @ournet@ "asns":[65001]
peer shows fe80::1%eth0
