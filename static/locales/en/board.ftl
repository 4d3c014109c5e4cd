# The dispatch board, its console and log. Protocol, module and register names are never translated.
nav = Pages
nav-board = Dispatch board

board-title = Dispatch board
board-intro = The drivers of a real flash image, in their order. Change a dependency, drag a driver behind the lock, boot, and ring its service. The machine does what the image says.
panel-files = Dispatch
panel-console = OS console
panel-log = Firmware log
panel-machine = Machine
panel-memory = Memory
memory-address = Physical address
memory-look = Look
memory-wrong = An address is a hexadecimal number: F00000, 0xF00000, F00000h.
memory-places = Places
memory-none = Boot the machine, and its memory can be looked at.
memory-both = both
memory-hidden = The OS doesn’t read here what SMM reads.
memory-same = The OS and SMM read the same here.
memory-since = Marked: what has changed since t = { $time } ns.
memory-back = Back
memory-on = On
machine-none = Say a command to the OS, “smi 43” for one, and the way of that SMI appears here.

build = Build
build-boot = Build & boot
undo = Undo
redo = Redo
copy-link = Copy link to this board
link-copied = Link copied.
link-not-copied = The browser does not let this page use the clipboard.
import-file = Open a flash image or a list of edits
export = Save the flash image
edits = Edits
edits-clear = Start afresh
edit-out = Take back: { $edit }
edits-count = edits: { $count }
post-now = POST code { $code }
post-codes = POST codes of this boot

files-loading = Loading the flash image …
volume = Volume { $at }
volume-files = { $count } files
grip = Move { $name }
grip-help = Space takes the file in hand and puts it down, arrow keys move it, Escape lets it go back. Alt with an arrow key moves it at once.
grip-taken = { $name } in hand.
grip-moved = { $name }: place { $place } of { $count }.
grip-cancelled = { $name } is back in its place.
never-loaded = never loaded
differs = first difference
ran-at = dispatched as number { $nth }, in round { $round }, at { $time } ns
locked-at = t = { $time } ns · no more SMM drivers
apriori = A priori
apriori-up = { $name } earlier
apriori-down = { $name } later
apriori-out = Take { $name } out of the a-priori list

file-type = Type
drop-file = Drop
ran = Dispatched
returned = Returned
produced = Protocols
registered = SMI handlers
never-found = No dispatcher found this file.
evaluations = What the dispatcher made of it
round = Round { $round }
by-apriori = A priori
apriori-unasked = The a-priori file names it: its DEPEX was not looked at.
opcode = Opcode
instruction = Instruction
there = Installed
stack = Stack

pcd = PCD words
pcd-of = PCD words of { $file }
pcd-set = Set { $word }
pcd-given = Back to { $value }
pcd-number = A number from 0 to 4294967295 is expected: 255, 0xFF or FFh.

depex-mode = DEPEX as
depex-text = Text
depex-hex = Opcodes
depex-of = DEPEX of { $file }
depex-names = Names
depex-set = Set
depex-set-anyway = Set it anyway
depex-reset = Discard
depex-bootable = You can boot it all the same and see what the dispatcher does.
depex-at = At offset { $offset }: { $why }
depex-at-opcode = At offset { $offset }, opcode { $opcode }: { $why }
depex-empty = a dependency expression is never empty; the shortest is TRUE END.
depex-no-end = END is missing; the dispatcher reads past the expression.
depex-unknown = there is no such opcode.
depex-cut = BEFORE, AFTER and PUSH take a GUID of 16 bytes, and the expression ends before.
depex-not-alone = BEFORE and AFTER stand first, with one file GUID and END behind.
depex-sor = SOR stands first, in front of an expression.
depex-dialect = the { $dialect } dispatcher does not know this opcode.
depex-underflow = the operation takes more values from the stack than there are.
depex-overflow = the stack is full.
depex-left = END expects one value on the stack, here are { $count }. An AND or OR is missing.
depex-behind-end = { $count } bytes follow END; nobody reads them.
text-at = Line { $line }, column { $column }: { $why }
text-no-opcode = “{ $word }” is no opcode. There are PUSH, AND, OR, NOT, TRUE, FALSE, BEFORE, AFTER, SOR and END.
text-no-operand = { $opcode } wants a GUID or a name behind it.
text-unknown = “{ $name }” is neither a GUID nor a known name.
text-unknown-near = “{ $name }” is no known name. Did you mean { $near }?
text-hex = pairs of hexadecimal digits are expected.

outcome = Result of the boot
booting = Booting: { $time } ns of machine time
not-booted = Not booted yet.
stale = The image has changed since the last boot. Build & boot shows what that does.
out-ok = booted
out-bad = did not boot
out-prompt = The OS waits at its prompt after { $time } ns and { $instructions } instructions.
out-hung = The machine hangs at POST { $post } (t = { $time } ns).
out-shutdown = The processor shut down at t = { $time } ns: { $why }
out-exit = The firmware ended the run with code { $value } (t = { $time } ns).
out-endless = The machine never comes to a prompt; its last POST code is { $post }.
out-off = The machine has switched off (t = { $time } ns).
never-locked = Nobody asked for SmmReadyToLock: SMRAM is not locked.
no-difference = The drivers ran just as in the healthy boot.
difference = First difference to the healthy boot. Here: { $here }. There: { $there }.
deed-none = nothing more
deed-started = { $file } is started
deed-installed = { $file } installs { $protocol }
deed-registered = { $file } registers { $handler }
deed-returned = { $file } returns { $status }
deed-locked = SMRAM is locked

why-type = Its type { $kind } sends it to a dispatcher that does not look at its { $dialect } DEPEX.
why-undiscovered = No dispatcher has found it.
why-not-requested = Its DEPEX begins with SOR, and nobody has asked for it by Schedule().
why-malformed = Its DEPEX is malformed, which counts as FALSE. { $fault }
why-no-neighbour = BEFORE and AFTER want the GUID of a driver’s file; { $file } is none.
why-neighbour-absent = It stands beside { $file }, which never came itself.
why-cycle = They wait for each other: { $ring }. None can be first.
why-false = Its DEPEX was FALSE to the end, and can’t be anything else.
why-missing = Its DEPEX was FALSE to the end. Missing: { $list }.
why-behind-lock = Its turn came when { $by } had already asked for the lock.
why-late = It became ready only after { $by } had asked for the lock; it waited for { $what }.
why-after = It became ready after the last round; it waited for { $what }.
why-stalled = The dispatcher never came to it: { $file } did not return.
why-never-returned = It was started and did not return.
why-failed = It could not be started, or failed: { $status }.
why-failed-apriori = The a-priori list started it before what it needs was there: { $status }.
why-apriori-absent = The a-priori list names it, and it is not in the volume.
why-apriori-type = The a-priori list names it, but no dispatcher takes a file of type { $kind }.
missing-from = { $what }, which { $file } would install
missing-dropped = { $what }, which { $file } would install, and that is not in this image
missing-core = { $what }, which comes later
missing-nobody = { $what }, which nobody in this image installs

edit-refused = Edit { $nth } ({ $op }) on { $file } can’t be done: { $why } Nothing has changed.
edit-no-file = there is no such file in the image.
edit-other-volume = a file keeps to its volume.
edit-no-depex = it has no such DEPEX section.
edits-unreadable = These edits can’t be read: { $why }
image-failed = The flash image { $what } did not come. Reload the page.
image-refused = This image can’t be used: { $why }
file-unknown = { $name } is neither a flash image nor a list of edits. Nothing has changed.
link-version = This link is of version “{ $version }”, which this page does not know. The board stays as it was.
link-image = This link is for the image “{ $image }”, which this page does not have. The board stays as it was.
link-build = This link names the build “{ $build }”; there are debug and release. The board stays as it was.
link-damaged = This link is damaged ({ $part }): it was cut off or altered. The board stays as it was.

log-level = Least level
log-silent = This build prints nothing. The only sign of a missing driver is a service that does not answer.

ring = Ring a service
ring-title = Raise software SMI { $value }, the service of { $name }
command-line = Command for the OS
say = Say
waiting = …

code-asm = Executed instructions
code-source = Source
code-no-source = No source belongs to this address.
code-none = Pause, and the instructions with their source appear here.
