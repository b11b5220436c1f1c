-- The newest time that the schedule has fired for: it does so once for each.

alter table schedule add column last_time timestamp with time zone;

-- What a server began when it ended is begun once more by another.
update qrtz_job_details set requests_recovery = true;
