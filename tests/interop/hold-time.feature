# The shorter hold time counts; with 3 seconds of it the session lives from KEEPALIVEs soon.
[godwit session]
hold time 3;
[steps]
up
bird2,bird16: peer shows /3
frr: peer shows "bgpTimerHoldTimeMsecs":3000 & "bgpTimerKeepAliveIntervalMsecs":1000
gobgp: peer shows Hold time is 3
openbgpd: peer shows holdtime 3s
exabgp: peer shows "hold_time": 3
godwit shows /3
stays 5
