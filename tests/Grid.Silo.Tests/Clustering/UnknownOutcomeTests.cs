using Grid.Abstractions;
using Grid.Silo.Clustering;
using Grid.Storage.Objects;
using Orleans.Runtime;

namespace Grid.Silo.Tests.Clustering;

/// <summary>Writes of the membership table whose answer is lost: reading decides.</summary>
public sealed class UnknownOutcomeTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly UncertainObjectStore _store;
    private readonly ObjectStoreMembershipTable _table;
    private readonly ObjectStoreMembershipTable _other;

    public UnknownOutcomeTests()
    {
        _store = new UncertainObjectStore(new DirectoryObjectStore(_directory.Path));
        _table = TestMembers.Table(_store);
        _other = TestMembers.Table(new DirectoryObjectStore(_directory.Path));
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_without_an_answer_is_found_or_sent_again(bool first)
    {
        if (!first)
            await _other.InsertAsync(TestMembers.Entry());
        foreach (var takesEffect in new[] { true, false })
        {
            var before = (await _table.ReadAll()).Version;
            _store.LoseAnswer(takesEffect);

            Assert.True(await _table.InsertRow(TestMembers.Entry(), before.Next()));
            Assert.Equal(before.Version + 1, (await _other.ReadAll()).Version.Version);
        }
    }

    [Fact]
    public async Task A_write_that_took_effect_and_was_built_upon_is_a_success()
    {
        _store.LoseAnswer(takesEffect: true, () => _other.InsertAsync(TestMembers.Entry()));

        Assert.True(await _table.InsertRow(TestMembers.Entry(), (await _table.ReadAll()).Version.Next()));
        Assert.Equal(2, (await _other.ReadAll()).Version.Version);
    }

    [Fact]
    public async Task A_write_that_came_too_late_is_a_lost_race()
    {
        _store.LoseAnswer(takesEffect: false, () => _other.InsertAsync(TestMembers.Entry()));

        Assert.False(await _table.InsertRow(TestMembers.Entry(), (await _table.ReadAll()).Version.Next()));
        Assert.Equal(1, (await _other.ReadAll()).Version.Version);
    }

    [Fact]
    public async Task A_write_that_lands_after_it_was_looked_for_is_a_success()
    {
        // The first attempt has no effect yet; it lands, delayed, just before the second one, which then is refused.
        var late = new LateObjectStore(new DirectoryObjectStore(_directory.Path));
        var table = TestMembers.Table(late);

        Assert.True(await table.InsertRow(TestMembers.Entry(), (await table.ReadAll()).Version.Next()));
        Assert.Equal(1, (await _other.ReadAll()).Version.Version);
    }

    [Fact]
    public async Task A_store_that_goes_on_failing_is_reported()
    {
        for (var i = 0; i < 3; i++)
            _store.LoseAnswer(takesEffect: false);

        var failure = await Assert.ThrowsAsync<GridException>(async () => await _table.InsertRow(TestMembers.Entry(), (await _table.ReadAll()).Version.Next()));

        Assert.Equal(GridErrorCode.StorageFailed, failure.Code);
        Assert.Equal(0, (await _other.ReadAll()).Version.Version);
    }

    [Fact]
    public async Task A_sign_of_life_whose_answer_is_lost_does_not_stop_the_next()
    {
        var entry = TestMembers.Entry();
        await _table.InsertAsync(entry);
        for (var second = 1; second <= 6; second++)
        {
            var time = new MembershipEntry { SiloAddress = entry.SiloAddress, IAmAliveTime = TestMembers.Noon.AddSeconds(second) };
            if (second % 2 == 0)
            {
                await _table.UpdateIAmAlive(time);
                Assert.Equal(time.IAmAliveTime, (await _other.ReadAll()).Members[0].Item1.IAmAliveTime);
                continue;
            }

            _store.LoseAnswer(takesEffect: second % 3 == 0);
            await Assert.ThrowsAsync<GridException>(() => _table.UpdateIAmAlive(time));
        }
    }
}
