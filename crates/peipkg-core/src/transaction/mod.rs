//! Lock, journal, stage, commit, roll back, recover, retain (PSD-009 §7).
