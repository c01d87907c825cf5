using Grid.Abstractions;
using Grid.Client.Connecting;
using Grid.Client.Partitions;
using Grid.Client.Reading;

namespace Grid.Client.Tables;

/// <summary>
/// A table as this process last saw it, and its bucket grains; or one partition of it, whose buckets are then meant. Of a partitioned table as a whole there are no buckets to be called.
/// </summary>
internal sealed class TableHandle
{
    private readonly TableHandle? _whole;
    private readonly IBucketGrain[] _buckets;
    private readonly PartitionCache? _partitions;
    private TableInfo _info;

    public TableHandle(GridConnection connection, TableInfo info)
        : this(connection, info, whole: null, default)
    {
    }

    private TableHandle(GridConnection connection, TableInfo info, TableHandle? whole, PartitionId partition)
    {
        Connection = connection;
        Partition = partition;
        Buckets = info.Options.Buckets;
        _info = info;
        _whole = whole;
        if (info.IsPartitioned && whole is null)
            _partitions = new PartitionCache(this);
        _buckets = new IBucketGrain[_partitions is null ? Buckets : 0];
        for (var i = 0; i < _buckets.Length; i++)
            _buckets[i] = connection.Bucket(IdOf(i));
        Followers = new FollowerRoutes(connection, [.. Enumerable.Range(0, _buckets.Length).Select(IdOf)]);
    }

    public GridConnection Connection { get; }

    public TableInfo Info => _whole?.Info ?? Volatile.Read(ref _info);

    /// <summary>The partition; 0: the table as a whole.</summary>
    public PartitionId Partition { get; }

    /// <summary>The partitions of a partitioned table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: it has none.</exception>
    public PartitionCache Partitions => (_whole ?? this)._partitions
        ?? throw new GridException(GridErrorCode.InvalidArgument, $"{Info.Path} has no partitions; make a table that is partitioned by the columns you mean.");

    /// <summary>Whether this is a partitioned table as a whole.</summary>
    public bool IsPartitioned => _partitions is not null;

    /// <summary>Buckets, of each partition where there are some.</summary>
    public int Buckets { get; }

    public FollowerRoutes Followers { get; }

    public ILakeGrain Lake => Connection.Lake(Info.Id);

    public IBucketGrain Bucket(int number) => _buckets[number];

    public BucketId IdOf(int number) => Info.Bucket(Partition, number);

    /// <summary>The table's buckets in a partition.</summary>
    public TableHandle In(PartitionId partition) => new(Connection, Info, this, partition);

    /// <summary>This partition was dropped: what has its values now is asked for anew.</summary>
    public void Forget() => _whole?.Partitions.Forget(Partition);

    /// <summary>Reads the table from the catalog again; what is known never goes back.</summary>
    public async Task<TableInfo> RefreshAsync(CancellationToken cancellationToken)
    {
        if (_whole is not null)
            return await _whole.RefreshAsync(cancellationToken).ConfigureAwait(false);
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
