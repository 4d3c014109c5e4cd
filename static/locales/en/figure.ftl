# The live figure smi-flow. Register, instruction and stage names are never translated.
figure-title = One SMI, there and back
figure-source = live · Q35 + ICH9 · { $cpus } CPU · { $ram } MiB
figure-stages = The machine: OS, SMI#, Save State, SMRAM, RSM

world-os = OS world
world-room = SMRAM · sealed room
chipset = chipset
gap-none = nothing here, as far as the OS can tell
gap-none-short = nothing
gap-stopped = OS stopped
latched = 1 SMI latched

caption-running = The CPU is executing normal OS or application code.
caption-key = The byte { $byte } has arrived on COM1. The OS will read it and use it as the SMI command.
caption-key-smm = The byte { $byte } has arrived on COM1 while the handler runs. The handler checks for it before RSM.
caption-raised = Writing { $byte } to port B2h makes the chipset assert SMI#.
caption-asserted = { $source } asks for an SMI, and the chipset asserts SMI#.
caption-held = The write reaches port B2h, but no SMI# follows.
caption-held-source = { $source } has something to report, but no SMI# follows.
caption-asleep = The machine sleeps in { $state }: no processor runs.
caption-saving = The CPU writes its whole register state into the Save State area.
caption-handler = The SMI handler runs in SMRAM. For the OS, time stands still.
caption-answered = The handler answers: it changes the saved RAX to { $value }.
caption-latched = A second SMI arrives in SMM. The CPU remembers it and takes it right after RSM.
caption-rsm = RSM reloads the saved state from SMRAM.
caption-again = The latched SMI is taken before the OS gets a single instruction.
caption-returned = The OS goes on as if nothing had happened.
caption-returned-answer = The OS goes on as if nothing had happened, with { $value } in RAX.
caption-halted = The CPU has stopped at HLT.
caption-shutdown = The CPU is in shutdown. Only a reset leaves it.
caption-denied = An access from outside SMM met SMRAM at { $addr }: all ones.

touch-button-down = The power button goes down.
touch-button-up = The power button is let go.
touch-hot = The thermal sensor asserts THRM#.
touch-cool = The thermal sensor lets go of THRM#.
touch-pin = GPIO{ $pin } goes to { $level }.
touch-open = The case is opened: INTRUDER#.
touch-closed = The case is closed: INTRUDER# is released.
touch-battery = The RTC’s coin cell: { $level }.
touch-cut = The plug is pulled and put back.
touch-serirq = The SMI# frame of SERIRQ goes to { $level }.

play = Play
pause = Pause
again = Again
next = Next step
back = Step back
forward = Step forward
speed = Speed
grain = Step size
grain-instruction = instruction
grain-micro = micro-step
command = Command
command-hex = Another command byte, hexadecimal
command-invalid = Two hex digits, 00 to FF
raise = Raise SMI
raise-again = Raise again

lane-os = OS
lane-save = save
lane-smm = SMM
lane-load = load
scrub = Timeline
scrub-at = { $stage }, t = { $time } ns

tabs = Details
save-title = Save State
save-place = CPU0 · SMBASE { $smbase } + 8000h
save-count = { $written } of { $all } fields
save-all = All fields
save-main = Main fields
save-none = No SMI was taken in this run: nothing was saved.
save-by-handler = changed by the handler
regs-title = Registers
regs-changed = changed
see-title = What the OS sees
see-tab = OS view
see-next = next instruction
see-stopped = stopped; it cannot tell
witness-between = Instructions between
witness-smm = Run in SMM meanwhile
witness-lost = Time lost (TSC)
witness-count = SMI_COUNT, MSR 34h
witness-answer = Answer in saved RAX
smram-title = SMRAM at { $addr }
smram-before = OS, before the lock
smram-after = OS, after the lock
smram-now = OS, now
smram-inside = CPU in SMM
smram-open = This ROM never locks SMRAM.
log-title = What happened
log-tab = Log
log-goto = Go to { $time } ns

rom-choose = Run another ROM
rom-demo = Back to the demo ROM
rom-drop = Drop a ROM image to run it here
rom-bad-size = { $name } has { $size } bytes. A ROM must be a multiple of 64 KiB (65,536 bytes) and no larger than 16 MiB. The figure goes on with the ROM it has.
rom-unreadable = { $name } could not be read. The figure goes on with the ROM it has.
rom-refused = The machine refused { $name }: { $why }
rom-halted = { $name } stopped at HLT after { $time } ns, before an OS waited for a key on COM1. The figure goes on with the ROM it has.
rom-shutdown = { $name } ended in CPU shutdown after { $time } ns. The figure goes on with the ROM it has.
rom-exited = { $name } ended its run with exit value { $value } after { $time } ns, before an OS waited for a key on COM1. The figure goes on with the ROM it has.
rom-endless = { $name } was still busy after { $time } ns; no OS waits for a key on COM1. The figure goes on with the ROM it has.
demo-rom = the demo ROM

load-worker = Loading the machine
load-rom = Loading the ROM
load-boot = Booting, t = { $time } ns
load-failed-rom = The ROM could not be loaded ({ $why }).
load-failed-worker = The machine’s worker has stopped.
load-failed-boot = The demo ROM did not boot. { $why }
retry = Try again
dismiss = Close

help = Keyboard
help-title = Keyboard
help-play = Play or pause
help-step = Step by instruction
help-micro = Step by micro-step
help-ends = First, last moment
help-raise = Raise an SMI, also in SMM
help-speed = Speed ¼×, 1×, 4×
help-help = This list
