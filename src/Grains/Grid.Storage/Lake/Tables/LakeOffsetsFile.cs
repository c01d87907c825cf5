using System.Collections.Immutable;
using System.Text;
using Grid.Abstractions;
using Grid.Storage.Lake.Commit;

namespace Grid.Storage.Lake.Tables;

/// <summary>
/// Offsets in properties and summaries: as text, or, where they are many, as the location of a file below <c>offsets/</c>, so that metadata files don't grow by tens of KiB with each snapshot. It is written
/// before the metadata file that names it, and not in <c>metadata/</c>, which is Iceberg's alone.
/// </summary>
internal sealed class LakeOffsetsFile(LakeTableFiles files, LakeTableOptions options)
{
    private const int BytesMax = 32 * 1024 * 1024;

    /// <summary>Whether they need a file.</summary>
    public bool IsLong(LakeOffsets offsets) => offsets.Buckets.Skip(options.OffsetsInline).Any();

    /// <summary>A new file's name.</summary>
    public static string NewName() => $"{LakeTableFiles.OffsetsFolder}{Guid.NewGuid():D}.txt";

    /// <summary>The properties that tell of the offsets; null removes one.</summary>
    /// <param name="offsets">Which.</param>
    /// <param name="name">The name of their file, if they have one.</param>
    public ImmutableDictionary<string, string?> Properties(LakeOffsets offsets, string? name) => ImmutableDictionary<string, string?>.Empty
        .Add(LakeProperties.Offsets, name is null ? offsets.ToString() : null)
        .Add(LakeProperties.OffsetsFile, name is null ? null : files.LocationOf(name));

    /// <summary>What properties say.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: nothing, or something that does not read.</exception>
    public async Task<LakeOffsets> ReadAsync(ImmutableSortedDictionary<string, string> properties, CancellationToken cancellationToken)
    {
        if (properties.TryGetValue(LakeProperties.Offsets, out var text))
            return LakeOffsets.Parse(text);
        if (!properties.TryGetValue(LakeProperties.OffsetsFile, out var location))
            throw LakeErrors.Damaged($"the metadata of {files.Location} has neither '{LakeProperties.Offsets}' nor '{LakeProperties.OffsetsFile}'");
        var bytes = await files.ReadAtAsync(location, "file of offsets", BytesMax, cancellationToken).ConfigureAwait(false)
            ?? throw LakeErrors.Damaged($"the file of offsets {location} is missing");
        return LakeOffsets.Parse(Encoding.UTF8.GetString(bytes.Span));
    }
}
