using Grid.Abstractions;
using Grid.Client.Connecting;
using Grid.Client.Reading;

namespace Grid.Client.Tables;

/// <summary>A table as this process last saw it, and its bucket grains.</summary>
internal sealed class TableHandle
{
    private readonly IBucketGrain[] _buckets;
    private TableInfo _info;

    public TableHandle(GridConnection connection, TableInfo info)
    {
        Connection = connection;
        _info = info;
        _buckets = new IBucketGrain[info.Options.Buckets];
        for (var i = 0; i < _buckets.Length; i++)
            _buckets[i] = connection.Bucket(info.Bucket(i));
        Followers = new FollowerRoutes(connection, info);
    }

    public GridConnection Connection { get; }

    public TableInfo Info => Volatile.Read(ref _info);

    public int Buckets => _buckets.Length;

    public FollowerRoutes Followers { get; }

    public ILakeGrain Lake => Connection.Lake(Info.Id);

    public IBucketGrain Bucket(int number) => _buckets[number];

    /// <summary>Reads the table from the catalog again; what is known never goes back.</summary>
    public async Task<TableInfo> RefreshAsync(CancellationToken cancellationToken)
    {
        var fresh = await Connection.Retry.RunAsync(() => Connection.Table(Info.Id).GetAsync(), cancellationToken).ConfigureAwait(false);
        TableInfo known;
        do
        {
            known = Info;
            if (fresh.Schemas.Length < known.Schemas.Length)
                return known;
        }
        while (Interlocked.CompareExchange(ref _info, fresh, known) != known);
        return fresh;
    }

    /// <summary>The schema of that version, read from the catalog where it is newer than what is known.</summary>
    public async ValueTask<TableSchema> GetSchemaAsync(SchemaVersion version, CancellationToken cancellationToken)
    {
        var info = Info;
        if (version.Value > info.Schemas.Length)
            info = await RefreshAsync(cancellationToken).ConfigureAwait(false);
        return info.GetSchema(version);
    }

    public void RequirePrimaryKey(string what)
    {
        if (!Info.HasPrimaryKey)
            throw new GridException(GridErrorCode.WrongTableKind, $"{what} needs a primary-key table and {Info.Path} is a log table; use append and scan.");
    }

    public void RequireLog(string what)
    {
        if (Info.HasPrimaryKey)
            throw new GridException(GridErrorCode.WrongTableKind, $"{what} needs a log table and {Info.Path} has a primary key; use upsert, and a change stream to read its log.");
    }
}
