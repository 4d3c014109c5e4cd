//! Evaluates a dependency expression and tells every step to the log, in EDK II's words.

use crate::{Guid, debug};
pub use pi::depex::Verdict;
use pi::depex::{Dialect, Evaluation, Op, Step};

fn truth(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

/// `present`: is a protocol (in PEI a PPI) installed?
pub fn evaluate(code: &[u8], dialect: Dialect, present: impl FnMut(&Guid) -> bool) -> Verdict {
    let mut verdict = None;
    for step in Evaluation::new(code, dialect, present) {
        if crate::DEBUG {
            tell(&step, dialect);
        }
        verdict = step.verdict;
    }
    verdict.unwrap_or(Verdict::Done(false))
}

fn tell(step: &Step, dialect: Dialect) {
    match (step.op, step.found) {
        (Some(Op::Push(guid)), Some(found)) => debug!("  PUSH GUID({}) = {}", guid, truth(found)),
        (Some(op), _) => debug!("  {}", op.name()),
        (None, _) => {}
    }
    match step.verdict {
        Some(Verdict::Done(ready)) => debug!("  RESULT = {}", truth(ready)),
        Some(Verdict::Failed(failure)) => debug!("  RESULT = FALSE ({})", failure.text(dialect)),
        None => {}
    }
}
