# A route with a faulty attribute (ORIGIN 9) is taken for withdrawn, the session stays (RFC 7606), and the next route comes.
lacks bird2,bird16,frr,gobgp,openbgpd: it sends no faulty attribute
[exabgp announce]
unicast @thirdnet@ next-hop @theirs@ attribute [ 0x08 0xc0 0x010203 ];
[steps]
up
godwit has @theirnet@
godwit logs Malformed
godwit lost @thirdnet@
stays
