# The page of SMI sources. Register, bit and pin names are never translated.
nav-sources = SMI sources
sources-title = SMI sources
sources-intro = Press the power button, heat the board, let a timer run out. The chipset decides bit by bit whether an SMI goes out; turn any bit and try again. The OS writes it, and the machine does what follows.
sources-also = As figures:
sources-software = software SMI
sources-hardware = hardware SMI
sources-messages = messages to SMM
panel-sources = Sources
panel-registers = Chipset
chips-running = The machine runs …
chips-no-tape = Try a source, and the way of its SMI appears here.

source-button = Power button
source-thermal = Thermal sensor
source-gpio = General-purpose input
source-intruder = Case
source-alarm = RTC alarm
source-watchdog = Watchdog (TCO)
source-periodic = Periodic timer
source-software = Software SMI
source-time = Time
gpio-pin = Pin
do-press = Press
do-hold = Hold 4 s
do-thermal = Too hot
do-pin = High
do-intruder = Open
do-alarm = At the next second
do-watchdog = Let it run out
do-periodic = Wait for it
do-second = Let 1 s go by

did-press = Power button pressed
did-hold = Power button held for 4 s
did-alarm = RTC alarm at the next second
did-watchdog = Watchdog left alone
did-periodic = Waited for the periodic timer
did-second = 1 s went by

steps-title = Steps
steps-none = Nothing done yet. Each step can be taken back: the machine goes to the moment before it.
steps-afresh = Start afresh
step-back-one = Take back
step-back-to = Go back to before step { $nth }
came-taken = SMIs: { $count }
came-none = no SMI
came-storm = storm

rest-os = The OS waits for a command.
rest-storm = SMI storm: the OS gets no instruction.
rest-off = The machine is off ({ $state }). The power button switches it on.
rest-dead = The machine stands still.
rest-busy = The handler doesn’t come to an end.

why-sent = Why this SMI was sent
why-not = Why no SMI was sent
why-none = Why an SMI is sent, or isn’t, stands here after a step.
why-all-open = All gates were open. SMIs that the processor took: { $count }.
held-disabled = { $bit } is 0: this source is switched off.
held-no-event = { $bit } is 0: for the chipset, nothing has happened.
held-routed = { $bit } is { $is } and not { $needed }: the event is routed somewhere else.
held-sci = { $bit } is 1: the event makes an SCI for the OS, not an SMI.
held-all = { $bit } is 0: no source gets through.
held-eos = { $bit } is 0: an SMI was sent, and software hasn’t said that it is done with it.
gate-needed = needs { $needed }
after-storm = As soon as the handler sets EOS, the source that is still active sends the next SMI. Take its cause away, or take the step back.
after-uncleared = Its status is still set: nobody has cleared it. With EOS set it sends again.
after-cleared = The handler has cleared its status.

registers-at = t = { $time } ns
registers-now = Now
registers-hint = Press a bit, and the OS writes it. A padlock: a lock holds the bit, and writing changes nothing. A frame: changed by the last step.
group-smi = SMI logic
group-pm = Power management
group-gpio = General-purpose pins
group-tco = TCO
group-smram = SMRAM
group-spi = BIOS and SPI
locked-by = locked by { $lock }
bit-changed = changed
bit-write = { $state }. The OS writes: { $command }
col-bit = Bit
col-name = Name
col-value = Value
col-access = Access
col-lock = Locked by
reset-value = Reset value { $value }
