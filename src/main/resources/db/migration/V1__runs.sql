-- Managed training runs. One set of migrations for H2 (in PostgreSQL mode) and PostgreSQL.

create table run (
    id                    varchar(32) primary key,
    name                  varchar(100) not null,
    preset                varchar(20) not null,
    config                varchar(10000) not null, -- JSON
    corpus                varchar(100) not null,
    corpus_sha256         varchar(64) not null,
    state                 varchar(20) not null,
    reason                varchar(1000) not null,
    wanted                varchar(20) not null,
    attempts              integer not null, -- workers since somebody last asked for the run
    lease                 varchar(64), -- SHA-256 of the token that the worker reports with
    worker_pid            bigint,
    worker_started_at     timestamp with time zone,
    heard_at              timestamp with time zone,
    step                  bigint not null,
    train_loss            double precision,
    validation_loss       double precision,
    best_validation_loss  double precision,
    characters_per_second double precision,
    eta_seconds           double precision,
    memory_bytes          bigint,
    created_at            timestamp with time zone not null,
    started_at            timestamp with time zone,
    ended_at              timestamp with time zone
);

-- Every change of a run's state.
create table run_change (
    run        varchar(32) not null references run (id) on delete cascade,
    number     integer not null,
    at         timestamp with time zone not null,
    from_state varchar(20) not null,
    to_state   varchar(20) not null,
    reason     varchar(1000) not null,
    primary key (run, number)
);

-- One optimizer update. A step that is done again after an interruption gives the same loss, and is kept once.
create table step_metric (
    run                   varchar(32) not null references run (id) on delete cascade,
    step                  bigint not null,
    loss                  double precision not null,
    learning_rate         double precision not null,
    gradient_norm         double precision not null,
    characters_per_second double precision not null,
    memory_bytes          bigint not null,
    seconds               double precision not null, -- of training since the run began
    primary key (run, step)
);

create table evaluation (
    run             varchar(32) not null references run (id) on delete cascade,
    step            bigint not null,
    train_loss      double precision,
    validation_loss double precision not null,
    seconds         double precision not null,
    primary key (run, step)
);

create table sample (
    run  varchar(32) not null references run (id) on delete cascade,
    step bigint not null,
    text varchar(4000) not null,
    primary key (run, step)
);
