# The FQDN capability: each knows the other's name.
lacks bird16,gobgp,openbgpd: no FQDN capability
lacks bird2: 2.0.12 has none yet
[godwit top]
hostname "godwit-here";
[godwit session]
advertise hostname on;
[steps]
up
frr: peer shows godwit-here
frr: godwit shows frr-peer
# It sends no name, and has no word for what it gets: the octets are ours.
exabgp: peer shows "73": { & 0B676F647769742D68657265
