-- How often the learning rate was halved since somebody last asked for the run, because the loss went astray.
alter table run add column halvings integer not null default 0;

-- A checkpoint in a run's history: at its beginning and at its evaluations.
create table checkpoint (
    run             varchar(32) not null references run (id) on delete cascade,
    step            bigint not null,
    validation_loss double precision, -- absent at the beginning
    sha256          varchar(64) not null, -- of the weights
    primary key (run, step)
);
