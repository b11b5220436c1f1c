-- Texts that people uploaded; each lies in the runtime folder, corpora/uploaded/{sha256}.txt.

create table corpus (
    sha256     varchar(64) primary key,
    name       varchar(64) not null, -- the same name again is a newer version of the text
    characters bigint not null,
    bytes      bigint not null,
    vocab_size integer not null,
    alphabet   varchar(40000) not null,
    created_at timestamp with time zone not null
);
