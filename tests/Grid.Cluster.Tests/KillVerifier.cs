using Grid.Abstractions;
using Grid.Client;

namespace Grid.Cluster.Tests;

/// <summary>Compares a restarted server with what was acknowledged.</summary>
internal static class KillVerifier
{
    /// <summary>Every acknowledged row is there; no row twice, none out of order, none that was never sent; no hole in what one writer sent.</summary>
    public static async Task EventsAsync(GridTable<Event> events, IReadOnlyList<WriterHistory> writers, string where)
    {
        var next = new Dictionary<long, long>();
        await foreach (var row in events.ScanAsync())
        {
            var expected = next.GetValueOrDefault(row.Writer);
            Assert.True(row.Number == expected, $"row {row.Number} of writer {row.Writer} comes where {expected} belongs {where}");
            next[row.Writer] = expected + 1;
        }

        foreach (var writer in writers)
        {
            var stored = next.GetValueOrDefault(writer.Id);
            Assert.True(stored >= writer.Acknowledged && stored <= writer.Attempted,
                $"writer {writer.Id} has {stored} rows; acknowledged {writer.Acknowledged}, sent {writer.Attempted}, {where}");
        }
    }

    /// <summary>Scan, lookups and the fold of the changelog agree, and lie between what was acknowledged and what was sent; what is found becomes the new truth.</summary>
    public static async Task AccountsAsync(GridTable<Account> accounts, IReadOnlyDictionary<long, KeyHistory> keys, string where)
    {
        var table = new Dictionary<long, Account>();
        await foreach (var account in accounts.ScanAsync())
            table.Add(account.Id, account);
        long[] ids = [.. keys.Keys];
        var found = await accounts.LookupManyAsync(ids);
        for (var i = 0; i < ids.Length; i++)
        {
            var key = keys[ids[i]];
            var stored = found[i];
            Assert.Equal(table.GetValueOrDefault(ids[i]), stored);
            Assert.True(stored is null || stored.Owner == OwnerOf(stored.Id), $"key {ids[i]} has the owner {stored?.Owner} {where}");
            var balance = stored?.Balance ?? 0;
            Assert.True(balance >= key.Acknowledged && balance <= key.Attempted, $"key {ids[i]} holds {balance}; acknowledged {key.Acknowledged}, sent {key.Attempted}, {where}");
            key.Attempted = key.Acknowledged = balance;
        }

        var fold = new Dictionary<long, Account>();
        await foreach (var change in accounts.ChangesAsync(new ChangeOptions { StopAtEnd = true }))
        {
            if (change.Kind is ChangeKind.Insert or ChangeKind.UpdateAfter)
                fold[change.Row.Id] = change.Row;
            else
                Assert.True(fold.TryGetValue(change.Row.Id, out var before) && before == change.Row, $"a {change.Kind} of key {change.Row.Id} does not show the row before it {where}");
        }

        Assert.Equal(table.OrderBy(pair => pair.Key), fold.OrderBy(pair => pair.Key));
    }

    public static string OwnerOf(long id) => $"owner {id}";
}
