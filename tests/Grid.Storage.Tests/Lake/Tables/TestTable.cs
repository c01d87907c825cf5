using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Grid.Abstractions;
using Grid.Storage.Lake;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Tests.Lake.Parquet;

namespace Grid.Storage.Tests.Lake.Tables;

/// <summary>A lake table of four buckets and changes to it. The names of its files say which rows they have, so that the lake can be checked against its offsets.</summary>
internal static class TestTable
{
    public const string Folder = "air/flights-7";
    public const int Buckets = 4;

    public static LakeTableIdentity Identity { get; } = new(new TableId(7), new TablePath("air", "flights"));

    public static TableSchema Schema { get; } = TestFiles.Schema(new Column("id", DataType.Int64), new Column("name", DataType.String));

    public static LakePartitionSpec Spec { get; } = LakePartitionSpec.Create(Schema, Buckets, []);

    public static LakeTableOptions Options { get; } = new();

    public static LakeTable Open(ILakeStore store, TimeProvider time, LakeTableOptions? options = null) => new(store, Folder, time, options ?? Options);

    public static async Task<LakeTable> CreateAsync(ILakeStore store, TimeProvider time, LakeTableOptions? options = null)
    {
        var table = Open(store, time, options);
        await table.CreateAsync(Identity, Schema, Spec, default);
        return table;
    }

    public static LakeBucket Bucket(int number) => new(new PartitionId(0), number);

    /// <summary>Writes a file of rows of a bucket.</summary>
    public static async Task<LakeFile> WriteAsync(ILakeStore store, int bucket, long from, long to)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"data/{bucket}_{from}_{to}_{Guid.NewGuid():N}.parquet");
        await store.TryCreateAsync($"{Folder}/{name}", Encoding.UTF8.GetBytes(name), default);
        return new LakeFile { Location = $"{store.Root}/{Folder}/{name}", Partition = [bucket], Rows = to - from, Bytes = name.Length };
    }

    /// <summary>A change that moves buckets on by so many rows, from where a version has them; its files are written.</summary>
    public static async Task<LakeChange> ChangeAsync(ILakeStore store, LakeOffsets from, params (int Bucket, int Rows)[] moves)
    {
        var to = from;
        var added = ImmutableArray.CreateBuilder<LakeFile>();
        foreach (var (number, rows) in moves)
        {
            var begin = from[Bucket(number)].Value;
            to = to.With(Bucket(number), new LogOffset(begin + rows));
            added.Add(await WriteAsync(store, number, begin, begin + rows));
        }

        return new LakeChange { From = from, To = to, Added = added.ToImmutable(), Schema = Schema };
    }

    /// <summary>A change that replaces files of a bucket, which follow each other, by one with their rows; it is written. Null: there are not two.</summary>
    public static async Task<LakeChange?> ReplacementAsync(ILakeStore store, LakeTable table, LakeState state, int bucket, Random random)
    {
        var files = (await FilesAsync(table, state, bucket)).OrderBy(file => Range(file).From).ToList();
        if (files.Count < 2)
            return null;
        var first = random.Next(files.Count - 1);
        var count = random.Next(2, files.Count - first + 1);
        return await ReplacementAsync(store, state, bucket, files.GetRange(first, count));
    }

    /// <summary>A change that replaces these files of a bucket, which follow each other, by one with their rows; it is written.</summary>
    public static async Task<LakeChange> ReplacementAsync(ILakeStore store, LakeState state, int bucket, IReadOnlyList<LakeFile> files) => new()
    {
        From = state.Offsets,
        To = state.Offsets,
        Added = [await WriteAsync(store, bucket, Range(files[0]).From, Range(files[^1]).To)],
        Removed = [.. files],
        Guarded = [Bucket(bucket)],
        Schema = Schema,
    };

    public static async Task<LakeState> CommitAsync(LakeTable table, ILakeStore store, params (int Bucket, int Rows)[] moves)
    {
        var commit = await table.CommitAsync(await ChangeAsync(store, (await table.ReadAsync(default))!.Offsets, moves), default);
        Assert.Equal(LakeOutcome.Committed, commit.Outcome);
        return commit.State!;
    }

    public static async Task<List<LakeFile>> FilesAsync(LakeTable table, LakeState state, int? bucket = null)
    {
        var files = new List<LakeFile>();
        await foreach (var file in table.ListFilesAsync(state, bucket, default))
            files.Add(file);
        return files;
    }

    /// <summary>In each snapshot of the newest version, each bucket's files have each row below its offset once, and all of them are there.</summary>
    public static async Task<LakeState> CheckAsync(ILakeStore store, TimeProvider time)
    {
        var table = Open(store, time);
        var state = await table.ReadAsync(default);
        Assert.NotNull(state);
        var offsets = new LakeOffsetsFile(new LakeTableFiles(store, Folder), Options);
        foreach (var snapshot in state.Metadata.Snapshots)
            await CheckAsync(store, table, new LakeState(state.Version, state.Metadata with { CurrentSnapshotId = snapshot.Id }, await offsets.ReadAsync(snapshot.Summary, default)));
        return await CheckAsync(store, table, state);
    }

    /// <summary>What the snapshots of a version refer to, found the plain way: names in the store.</summary>
    public static async Task<SortedSet<string>> ReferredAsync(ILakeStore store, LakeState state)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        AddOffsets(state.Metadata.Properties);
        foreach (var snapshot in state.Metadata.Snapshots)
        {
            AddOffsets(snapshot.Summary);
            foreach (var manifest in ManifestListReader.Read(await Read(snapshot.ManifestList)))
                foreach (var entry in ManifestReader.Read(await Read(manifest.Location), manifest, state.Metadata.DefaultSpec))
                    if (entry.IsLive)
                        Name(entry.File.Location);
        }

        return names;

        string Name(string location)
        {
            var name = location[(store.Root.Length + 1)..];
            names.Add(name);
            return name;
        }

        async Task<ReadOnlyMemory<byte>> Read(string location) => (await store.ReadRangeAsync(Name(location), 0, int.MaxValue, default))!.Value;

        void AddOffsets(ImmutableSortedDictionary<string, string> properties)
        {
            if (properties.TryGetValue(LakeProperties.OffsetsFile, out var location))
                Name(location);
        }
    }

    /// <summary>The offsets that a file has, by its name.</summary>
    public static (long From, long To) Range(LakeFile file)
    {
        var parts = file.Location[(file.Location.LastIndexOf('/') + 1)..].Split('_');
        return (long.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    private static async Task<LakeState> CheckAsync(ILakeStore store, LakeTable table, LakeState state)
    {
        var files = await FilesAsync(table, state);
        foreach (var file in files)
            Assert.NotNull(await store.FindLengthAsync(file.Location[(store.Root.Length + 1)..], default));
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            var end = 0L;
            foreach (var (from, to) in files.Where(file => (int)file.Partition[0]! == bucket).Select(Range).Order())
            {
                Assert.Equal(end, from);
                end = to;
            }

            Assert.Equal(state.Offsets[Bucket(bucket)].Value, end);
        }

        return state;
    }
}
