# Texts of the page around the figure.
page-title = SMM: a simple mental model
page-intro = Think of SMM as a sealed room below the operating system. A signal called SMI# is the only way in; the RSM instruction is the only way out. Press Play.
page-note = A real machine, not a drawing: a small BIOS runs on an emulated CPU and chipset in this tab, and every value is read from them. Drag the timeline to go back.
page-after = The OS never knows SMM ran, unless SMM runs so slowly that the lost time shows.
try-title = What to try
try-command = Choose 17h instead of 42h and raise the SMI: the handler refuses, and the OS finds an error in RAX.
try-again = Press “Raise again” while the handler runs: the second SMI is latched, and taken right after RSM.
try-micro = Pause in Save State and step by micro-steps: one field of the save area at a time.
try-smram = Compare what the OS reads at the handler’s address before and after the lock.
try-rom = Drop your own ROM image on the figure, and the figure shows what that one does.

language = Language
theme-auto = Theme: as the system
theme-light = Theme: light
theme-dark = Theme: dark
