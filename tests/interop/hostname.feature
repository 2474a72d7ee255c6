# The FQDN capability: each knows the other's name.
lacks bird16,gobgp,openbgpd: no FQDN capability
lacks bird2: 2.0.12 has none yet
[godwit top]
hostname "godwit-here";
[godwit session]
advertise hostname on;
[exabgp neighbor]
host-name exa-peer;
domain-name example;
[steps]
up
frr: peer shows godwit-here
frr: godwit shows frr-peer
exabgp: peer shows godwit-here
exabgp: godwit shows exa-peer
