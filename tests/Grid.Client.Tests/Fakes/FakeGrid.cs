using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Grid.Abstractions;

namespace Grid.Client.Tests.Fakes;

/// <summary>One table without a server: grains that follow the contracts in memory, and a network between them and the client.</summary>
internal sealed class FakeGrid : ITableGrain, ICatalogGrain
{
    private readonly ConcurrentDictionary<string, FakeBucket> _buckets = new();
    private readonly ConcurrentDictionary<string, FakeFollower> _followers = new();
    private long _writers;

    public FakeGrid(CreateTable request)
    {
        Info = new TableInfo { Path = request.Path, Id = new TableId(7), Schemas = [SchemaEvolution.Create(request)], Options = request.Options };
        Factory = DispatchProxy.Create<IGrainFactory, FactoryProxy>();
        ((FactoryProxy)(object)Factory).Grid = this;
    }

    public IGrainFactory Factory { get; }

    public TableInfo Info { get; private set; }

    /// <summary>Wraps every call of a bucket; the default calls straight.</summary>
    public Func<Func<Task>, Task> Network { get; set; } = static call => call();

    public FakeLake Lake { get; } = new();

    public IEnumerable<FakeBucket> Buckets => _buckets.Values;

    public long WritersGiven => _writers;

    public FakeBucket Bucket(int number) => Bucket(Info.Bucket(number).ToString());

    public FakeFollower Follower(int bucket, string node) => Follower(Info.Bucket(bucket).AtNode(new NodeName(node)));

    public void Alter(params SchemaChange[] changes) => Info = Info with { Schemas = Info.Schemas.Add(SchemaEvolution.Apply(Info.Schema, changes)) };

    public GridClient Connect(TimeProvider? time = null, GridClientOptions? options = null) =>
        new(Factory, options ?? new GridClientOptions { RetryDelay = TimeSpan.FromMilliseconds(1), RetryDelayMax = TimeSpan.FromMilliseconds(2) }, time);

    public Task<TableInfo> GetAsync() => Task.FromResult(Info);

    public Task<WriterId> AllocateWriterAsync() => Task.FromResult(new WriterId(Interlocked.Increment(ref _writers)));

    public Task<TableInfo> GetTableAsync(TablePath path) => Task.FromResult(Info);

    public Task<TableInfo> AlterAsync(ImmutableArray<SchemaChange> changes, SchemaVersion? expected) => throw new NotSupportedException();

    public Task<TableInfo> SetOptionsAsync(TableOptions options) => throw new NotSupportedException();

    public Task CreateDatabaseAsync(string name, bool ifNotExists) => throw new NotSupportedException();

    public Task DropDatabaseAsync(string name) => throw new NotSupportedException();

    public Task<ImmutableArray<string>> ListDatabasesAsync() => throw new NotSupportedException();

    public Task<TableInfo> CreateTableAsync(CreateTable request) => throw new NotSupportedException();

    public Task<ImmutableArray<TablePath>> ListTablesAsync(string? database) => throw new NotSupportedException();

    public Task DropTableAsync(TablePath path) => throw new NotSupportedException();

    private FakeBucket Bucket(string key) => _buckets.GetOrAdd(key, k => new FakeBucket(this, BucketId.Parse(k).Number));

    private FakeFollower Follower(string key) => _followers.GetOrAdd(key, static _ => new FakeFollower());

    /// <summary>Answers GetGrain for the five interfaces.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Performance", "CA1852", Justification = "DispatchProxy derives from it.")]
    public class FactoryProxy : DispatchProxy
    {
        internal FakeGrid Grid { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.GetGenericArguments()[0] == typeof(IBucketGrain) ? Grid.Bucket((string)args![0]!)
            : targetMethod.GetGenericArguments()[0] == typeof(IFollowerGrain) ? Grid.Follower((string)args![0]!)
            : targetMethod.GetGenericArguments()[0] == typeof(ILakeGrain) ? Grid.Lake
            : Grid;
    }
}
