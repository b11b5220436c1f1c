-- The Kubernetes Job that is a run's worker, where it is no process of the server's machine.

alter table run add column worker_job varchar(63);
