//! Two programs; see their files.
