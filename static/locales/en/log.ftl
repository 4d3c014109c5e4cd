# Lines of the text log. Datasheet names stand as they are.
log-key = { $byte } arrives on COM1
log-held = no SMI#: { $source } is held back
log-asserted = SMI# asserted
log-released = SMI# released
log-latched = SMI latched until RSM
log-taken = SMI taken; the OS would go on at { $rip }
log-saving = CPU0 saves its state
log-entered = enter SMM at { $entry }, SMI_COUNT = { $count }
log-saved = saved { $field } ← { $value }
log-restoring = CPU0 loads its state
log-left = back in the OS at { $rip }
log-denied-read = SMRAM at { $addr }: read as all ones
log-denied-write = SMRAM at { $addr }: write dropped
log-exception = exception { $vector }
log-exception-error = exception { $vector }, error code { $error }
log-interrupt = interrupt { $vector }
log-halt = HLT: stopped
log-wake = woken by { $by }
log-shutdown = shutdown: { $why }
log-rsm-outside = RSM outside SMM
log-reset = reset
log-exit = the guest ended the run, value { $value }
log-dropped = { $count } events lost before this
log-asleep = the machine sleeps: { $state }
