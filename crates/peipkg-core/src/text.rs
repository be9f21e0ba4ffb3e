//! Foreign text made safe for terminals and messages.
