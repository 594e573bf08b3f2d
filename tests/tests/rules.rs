//! Each numbered rule of sections 2 to 5, asked of core and of the naive model at once: they must agree, and both
//! with the value that the test has worked out by hand.

#[path = "rules/section_2.rs"]
mod section_2;
#[path = "rules/section_2_lists.rs"]
mod section_2_lists;
#[path = "rules/section_3.rs"]
mod section_3;
#[path = "rules/section_4.rs"]
mod section_4;
#[path = "rules/section_4_overrides.rs"]
mod section_4_overrides;
#[path = "rules/section_5.rs"]
mod section_5;
#[path = "rules/section_5_order.rs"]
mod section_5_order;
