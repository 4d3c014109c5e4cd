# Exercises, chapters, scenes.
ways = Go on
way-chapter = Chapter
way-exercise = Exercise
way-board = Workbench
minutes = about { $count } minutes
level = Level { $level }
solved-chip = solved
content-loading = Loading …
content-failed = This page can’t be shown: { $why }

report = Report
hints = Hints
hint-show = Show the hint
hint-after = after hint { $nth }

proof = Proof by running
proof-on = on DEBUG and RELEASE
prove = Build, boot and prove
proving = The machines run …
proof-idle = Repair the image on the board. Then both builds are booted with your repair, and every check is asked of the machine.
proof-stale = The repair has changed since this proof.
proof-keep = Keep this result as a file
check = Check
check-boots = The OS comes to its prompt
check-service = { $driver } answers to software SMI { $value }
check-locked = SMRAM is locked (D_LCK)
check-hidden = The OS can’t read the SMI handler
check-lock-driver = PlatformSmm asks for the lock
expected = expected: { $what }
passed = Solved.
not-passed = Not repaired.

predict = Predict, then run
predict-run = Run the machine
predict-right = As you said.
predict-wrong = Not as you said.
predict-machine = The machine answers: { $answer }.

answer-yes = yes
answer-no = no
answer-before-lock = before the lock
answer-after-lock = after the lock
answer-never = never
answer-prompt = prompt
answer-hung = hangs
answer-shutdown = shutdown
answer-exit = exit
answer-endless = endless
answer-off = off
answer-no-answer = no answer

scene-restore = Restore
scene-order = Order in the volume
scene-room = In SMRAM
scene-dispatched = dispatched
scene-registered = handler registered
scene-no-handler = no handler, no error
scene-press = Call the service of driver C.
scene-answered = { $driver } answers
scene-none = no handler for { $value }
captions = What happened
caption-step = Step { $nth }, t = { $time } ns
scene-tries = What you can do
scene-no-smi = no SMI#
scene-goes-on = OS goes on

way-checklist = Checklist
checklist-fault = Fault
checklist-healthy = none
checklist-holds = Every point holds.
checklist-stops = The chain breaks first at:
checklist-skipped = not asked: what it needs does not hold
checklist-silent = only DEBUG’s log tells this

msg-place = Where the message lies
msg-outside = Outside SMRAM
msg-header = Header
msg-data = Data
msg-bytes = { $count } bytes
msg-buffer = Buffer at { $addr }, { $size } bytes
msg-let = Let through: it lies outside SMRAM.
msg-let-in = Let through, though { $part } of { $size } bytes lie in SMRAM.
msg-refused = Refused unread: { $part } of { $size } bytes lie in SMRAM.
msg-no-region = Refused unread: outside SMRAM, but not in memory for messages.
msg-short = Refused: shorter than its header.
msg-handled = { $name } has answered.
msg-nobody = Nobody is registered for { $name }.
msg-untouched = Nothing of the message lies here.
msg-same = { $part } bytes of the message lie here: as they were.
msg-overwritten = { $count } bytes changed. Before and after, as SMM reads them:
msg-as-it-was = as it was
msg-missed = not noticed
msg-over = overwritten
