using System.Diagnostics.CodeAnalysis;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Objects;

namespace Grid.Storage.Lake.Tables;

/// <summary>The files of one table: between the locations that stand in metadata and the names that the store knows, with bounds on what is read.</summary>
internal sealed class LakeTableFiles(ILakeStore store, string folder)
{
    /// <summary>Where a table's Parquet files are.</summary>
    public const string DataFolder = "data/";

    /// <summary>Where Iceberg's own files are.</summary>
    public const string MetadataFolder = "metadata/";

    /// <summary>Where long texts of offsets are.</summary>
    public const string OffsetsFolder = "offsets/";

    /// <summary>The table's folder as metadata names it.</summary>
    public string Location { get; } = store.Root + "/" + folder;

    /// <summary>The location of a file, which is named below the folder.</summary>
    public string LocationOf(string name) => $"{Location}/{name}";

    /// <summary>The name below the folder of a location; false for one that is elsewhere or no legal name, so that nothing outside of the folder is read or deleted, whatever metadata says.</summary>
    public bool TryName(string location, [NotNullWhen(true)] out string? name)
    {
        name = location.Length > Location.Length && location[Location.Length] == '/' && location.StartsWith(Location, StringComparison.Ordinal)
            && ObjectName.IsName(location[(Location.Length + 1)..]) ? location[(Location.Length + 1)..] : null;
        return name is not null;
    }

    /// <summary>The bytes of the file at a location; null where there is none.</summary>
    /// <exception cref="GridException">It is outside of the table, or longer than <paramref name="bytesMax"/>.</exception>
    public Task<ReadOnlyMemory<byte>?> ReadAtAsync(string location, string what, long bytesMax, CancellationToken cancellationToken) =>
        TryName(location, out var name) ? ReadAsync(name, what, bytesMax, cancellationToken) : throw LakeErrors.Damaged($"the {what} '{location}' is not below {Location}");

    /// <summary>The bytes of a file; null where there is none.</summary>
    /// <exception cref="GridException">It is longer than <paramref name="bytesMax"/>.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(string name, string what, long bytesMax, CancellationToken cancellationToken)
    {
        if (await FindLengthAsync(name, cancellationToken).ConfigureAwait(false) is not { } length)
            return null;
        if (length > bytesMax)
            throw LakeErrors.TooLarge($"bytes of {what}", length, bytesMax);
        var bytes = await store.ReadRangeAsync(Full(name), 0, (int)length, cancellationToken).ConfigureAwait(false);
        return bytes is null || bytes.Value.Length == length ? bytes : throw LakeErrors.Damaged($"the {what} {name} has {bytes.Value.Length} of {length} bytes");
    }

    public Task<long?> FindLengthAsync(string name, CancellationToken cancellationToken) => store.FindLengthAsync(Full(name), cancellationToken);

    /// <summary>The first bytes of a file that others may write over meanwhile; null where there is none.</summary>
    public Task<ReadOnlyMemory<byte>?> ReadBeginningAsync(string name, int bytes, CancellationToken cancellationToken) =>
        store.ReadRangeAsync(Full(name), 0, bytes, cancellationToken);

    public Task<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => store.TryCreateAsync(Full(name), content, cancellationToken);

    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => store.PutAsync(Full(name), content, cancellationToken);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => store.DeleteAsync(Full(name), cancellationToken);

    /// <summary>The files whose names below the folder begin so, under those names.</summary>
    public async IAsyncEnumerable<LakeEntry> ListAsync(string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in store.ListAsync(Full(prefix), cancellationToken).ConfigureAwait(false))
            yield return entry with { Name = entry.Name[(folder.Length + 1)..] };
    }

    private string Full(string name) => $"{folder}/{name}";
}
