-- The range of what is left: at the fastest and at the slowest pace of late.

alter table run add column eta_low_seconds double precision;
alter table run add column eta_high_seconds double precision;
