# A hold time of 0 (RFC 4271 4.4): no KEEPALIVEs after the first, and the session lives.
lacks gobgp: with one 3.10 fails to send its first UPDATE, and closes the session
[bird2,bird16 session]
hold time 0;
[frr neighbor]
 neighbor @ours@ timers 0 0
[exabgp neighbor]
hold-time 0;
[godwit session]
hold time 0;
[steps]
up
godwit has @theirnet@
peer has @ournet@
bird2: peer shows Hold timer: 0.000/0 & Keepalive timer: 0.000/0
bird16: peer shows Hold timer: 0/0 & Keepalive timer: 0/0
frr: peer shows "bgpTimerHoldTimeMsecs":0 & "bgpTimerKeepAliveIntervalMsecs":0
openbgpd: peer shows holdtime 0s
exabgp: peer shows "hold_time": 0
godwit shows Hold timer: 0.000/0 & Keepalive timer: 0.000/0
stays 5
