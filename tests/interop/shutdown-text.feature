# Shutdown communication (RFC 9003), each way.
lacks bird16: it neither sends nor shows any
lacks exabgp: it takes none from a user
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit do disable peer "moving house"
bird2: peer logs moving house
frr: peer shows moving house
gobgp,openbgpd: peer logs moving house
godwit do enable peer
openbgpd: peer do neighbor @ours@ clear
up
bird2: peer do disable upstream "gone fishing"
frr: peer do configure terminal; router bgp 65002; neighbor @ours@ shutdown message gone fishing
gobgp: peer do neighbor @ours@ shutdown --reason gone
openbgpd: peer do neighbor @ours@ down gone
bird2,frr: godwit logs gone fishing
gobgp,openbgpd: godwit logs gone
down
