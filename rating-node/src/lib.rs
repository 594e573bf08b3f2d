//! What is live on one node.
