using Grid.Abstractions;
using Grid.Sql.Native;
using Grid.Sql.Statements;

namespace Grid.Sql.Tests;

/// <summary>Statements that would write, or look at anything but Grid's tables, are refused before they are run; and a database that is locked refuses them too.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly StatementParser _parser = new();

    public static TheoryData<string> Evil =>
    [
        "insert into air.flights values (1)", "update air.flights set id = 1", "delete from air.flights", "merge into air.flights using air.x on true when matched then delete", "truncate air.flights",
        "create table t as select 1", "create or replace view v as select 1", "create macro m() as 1", "create temp table t (i int)", "create schema s", "create sequence s", "create type t as enum ('a')", "drop table air.flights",
        "alter table air.flights add column x int", "attach '/tmp/x.db'", "attach ':memory:' as m", "detach memory", "use memory", "copy (select 1) to '/tmp/x.csv'", "copy air.flights from '/tmp/x.csv'", "export database '/tmp/x'",
        "import database '/tmp/x'", "install httpfs", "load httpfs", "force install httpfs", "update extensions", "set threads = 1", "set global memory_limit = '1TB'", "reset threads", "pragma database_list", "pragma version",
        "call pragma_version()", "call duckdb_settings()", "checkpoint", "vacuum", "begin", "commit", "prepare p as select 1", "execute p", "deallocate p", "set variable x = 1", "create secret s (type s3)", "comment on table air.flights is 'x'",
        "analyze", "explain insert into air.flights values (1)", "explain copy (select 1) to '/tmp/x'", "explain analyze create table t as select 1", "explain explain select 1", "explain (format json) select 1",
        "select * from read_csv('/etc/passwd')", "select * from read_csv_auto('/etc/passwd')", "select * from read_parquet('/tmp/x.parquet')", "select * from parquet_scan('/tmp/x.parquet')", "select * from read_json('/etc/passwd')",
        "select * from read_text('/etc/passwd')", "select * from read_blob('/etc/passwd')", "select * from glob('/etc/*')", "select * from sniff_csv('/etc/passwd')", "select * from parquet_metadata('/tmp/x.parquet')",
        "select * from parquet_schema('x')", "select * from '/etc/passwd'", "select * from 'file.csv'", "select * from \"data.parquet\"", "from 'https://example.com/x.parquet'", "select * from 's3://bucket/x.parquet'",
        "select getenv('HOME')", "select current_setting('memory_limit')", "select getvariable('x')", "select * from query('select 1')", "select * from query_table('air.flights')", "select query('select 1')",
        "select * from json_execute_serialized_sql('x')", "select * from duckdb_settings()", "select * from duckdb_secrets()", "select * from duckdb_functions()", "select * from duckdb_tables", "select * from pragma_table_info('x')",
        "select * from information_schema.tables", "select * from pg_catalog.pg_tables", "select * from sqlite_master", "select * from arrow_scan(1, 2, 3)", "select * from seq_scan('x')", "select nextval('s')", "select write_log('x')",
        "select sleep_ms(100000)", "select pg_sleep(100000)", "select setseed(0.5)", "select * from sql_auto_complete('sel')", "select * from which_secret('x', 's3')", "select * from test_all_types()",
        "select * from air.flights where id in (select count(*) from read_csv('/etc/passwd'))", "with x as (select * from read_text('/etc/passwd')) select * from x", "select (select content from read_text('/etc/passwd'))",
        "select 1 union all select count(*) from glob('/*')", "with recursive r as (select 1 as n union all select n + (select count(*) from glob('/*')) from r where n < 5) select * from r",
        "select * from air.flights order by (select count(*) from read_text('/etc/passwd'))", "select * from air.flights limit (select count(*) from glob('/*'))", "select case when exists (from read_csv('/x')) then 1 end",
        "select list_transform([1], lambda x: getenv('HOME'))", "select [getenv(x) for x in ['HOME']]", "select sum(length(getenv('HOME'))) over () from range(3)", "select * from air.flights tablesample (select 1 from glob('/*'))",
        "pivot (from read_csv('/etc/passwd')) on a", "select * from (pivot read_csv('/etc/passwd') on a in (1) using count(*))", "select * from (describe read_csv('/etc/passwd'))", "describe read_csv('/etc/passwd')", "summarize '/etc/passwd'",
        "describe '/etc/passwd'", "show variables", "select * from (show x)", "values ((select count(*) from glob('/*')))", "select * from air.flights f, lateral (select * from read_text(f.path))",
        "select * from air.flights join read_csv('/x') using (a)", "select * from air.flights join air.b on getenv('x') = 'y'", "select * from main.read_csv('/etc/passwd')", "select main.getenv('HOME')", "select system.main.getenv('HOME')",
        "select s.getenv('x')", "select GETENV('HOME')", "select \"getenv\"('HOME')", "select * from READ_CSV('/etc/passwd')", "select * from \"read_csv\"('/etc/passwd')", "select count(*) filter (where getenv('x') = 'y') from range(3)",
        "with x as (select 1) select * from x, 'x.csv'", "select * from (with y as (select 1) select * from y) z, y", "select * from memory.air.flights", "select * from temp.t", "select * from air.flights at (version => 3)",
        "select * from air.flights at (timestamp => now())", "select 1; select * from read_csv('/etc/passwd')", "select 1; drop table air.flights", "select \0 1", "select unknown_function(1)", "from repeat('x', 3), glob('*')",
        "select string_agg(getenv('x'), ',' order by getenv('y')) from range(3)", "select * from range((select count(*) from glob('/*')))", "select * from unnest((select list(file) from glob('/*')))", "select columns(c -> getenv(c)) from range(3)",
        "select try(getenv('x'))", "select cast(getenv('x') as integer)", "select getenv('x') between 'a' and 'b'", "select 'a' in (getenv('x'))", "select * exclude (a) replace (getenv('x') as b) from air.flights", "select inet_client_addr()",
    ];

    public void Dispose() => _parser.Dispose();

    [Theory]
    [MemberData(nameof(Evil))]
    public void Statements_that_do_more_than_read_tables_are_refused(string sql) =>
        Assert.Equal(GridErrorCode.InvalidArgument, Assert.Throws<GridException>(() => Check(_parser.Parse(sql))).Code);

    [Theory]
    [InlineData("select * from read_csv('/etc/passwd')")]
    [InlineData("select * from '/etc/passwd'")]
    [InlineData("select * from read_text('/etc/passwd')")]
    [InlineData("select * from glob('/etc/*')")]
    [InlineData("select * from 'https://example.com/x.parquet'")]
    [InlineData("copy (select 1) to '/tmp/grid-sql-refused.csv'")]
    [InlineData("attach '/tmp/grid-sql-refused.db'")]
    [InlineData("install httpfs")]
    [InlineData("load httpfs")]
    [InlineData("set enable_external_access = true")]
    [InlineData("set allowed_paths = ['/etc/passwd']")]
    [InlineData("reset lock_configuration")]
    public void A_locked_database_refuses_what_would_get_past_the_parser(string sql)
    {
        using var connection = DuckConnection.Open([("autoload_known_extensions", "false"), ("autoinstall_known_extensions", "false")]);
        connection.Execute(StatementRun.Lockdown(["/tmp/some.parquet"]));
        Assert.Throws<GridException>(() => connection.Execute(sql));
    }

    // A name with a legal form is a table that the catalog is asked for: it has none of those names.
    private static void Check(ParsedStatement statement)
    {
        foreach (var table in statement.Tables)
            TableCatalog.RequireReadable(table, statement.Text);
        if (statement.Tables.Any(table => table.Database is "s" or "x"))
            throw new GridException(GridErrorCode.InvalidArgument, "no such database");
    }
}
