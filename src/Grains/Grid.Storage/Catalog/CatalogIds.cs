using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Catalog;

/// <summary>
/// Gives ids that nobody else has or had: <c>catalog/ids.json</c> holds the next ones and moves by compare-and-swap. Callers of one process take turns: against each other they would
/// lose most races, and the store cannot tell a writer that is overtaken many times while it writes what became of its write.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing.")]
internal sealed class CatalogIds(IObjectStore objects)
{
    /// <summary>How often a change is tried again that somebody else was quicker with.</summary>
    public const int RetriesMax = 32;

    private readonly SemaphoreSlim _turn = new(1);

    public async Task<TableId> TakeTableAsync(CancellationToken cancellationToken) =>
        new((await ChangeAsync(ids => ids with { NextTable = checked(ids.NextTable + 1) }, cancellationToken).ConfigureAwait(false)).NextTable);

    /// <summary>The first of a block of writer ids.</summary>
    public async Task<long> TakeWritersAsync(int count, CancellationToken cancellationToken) =>
        (await ChangeAsync(ids => ids with { NextWriter = checked(ids.NextWriter + count) }, cancellationToken).ConfigureAwait(false)).NextWriter;

    /// <summary>Whether the id was given to a table.</summary>
    public async Task<bool> IsGivenAsync(TableId id, CancellationToken cancellationToken) =>
        await objects.ReadAsync(CatalogNames.Ids, cancellationToken).ConfigureAwait(false) is { } content
        && id.Value < CatalogJson.Read(CatalogNames.Ids, content, CatalogJson.Default.IdsDocument, document => document.Format).NextTable;

    public static GridException TooContended(string name) =>
        new(GridErrorCode.Busy, $"'{name}' was changed by others {RetriesMax} times in a row; try again.");

    /// <summary>Changes the ids and answers what they were before: the ones taken.</summary>
    private async Task<IdsDocument> ChangeAsync(Func<IdsDocument, IdsDocument> change, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await TryChangeAsync(change, cancellationToken).ConfigureAwait(false) ?? throw TooContended(CatalogNames.Ids);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<IdsDocument?> TryChangeAsync(Func<IdsDocument, IdsDocument> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < RetriesMax; attempt++)
        {
            var content = await objects.ReadAsync(CatalogNames.Ids, cancellationToken).ConfigureAwait(false);
            var ids = content is null
                ? new IdsDocument { Format = TableDocuments.Format, NextTable = 1, NextWriter = 1 }
                : CatalogJson.Read(CatalogNames.Ids, content, CatalogJson.Default.IdsDocument, document => document.Format);
            if (ids.NextTable < 1 || ids.NextWriter < 1)
                throw CatalogJson.Damaged(CatalogNames.Ids, "ids are below 1");
            var next = CatalogJson.Write(change(ids), CatalogJson.Default.IdsDocument);
            var written = content is null
                ? await objects.TryCreateAsync(CatalogNames.Ids, next, cancellationToken).ConfigureAwait(false)
                : await objects.TryReplaceAsync(CatalogNames.Ids, next, content.Tag, cancellationToken).ConfigureAwait(false);
            if (written is not null)
                return ids;
        }

        return null;
    }
}
