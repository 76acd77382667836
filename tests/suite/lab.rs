//! The lab, asked as a page asks it. (Without the feature `lab` there is nothing to ask.)
#![cfg(feature = "lab")]

mod browser;
mod changes;
mod chromium;
mod client;
mod exactness;
mod hostility;
mod panels;
