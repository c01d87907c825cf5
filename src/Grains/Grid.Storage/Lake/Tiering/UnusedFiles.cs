using Grid.Abstractions;
using Grid.Storage.Lake.Files;

namespace Grid.Storage.Lake.Tiering;

/// <summary>Deletes data files that are certainly in no version of a table and never will be: their commit was discarded, or was never made.</summary>
internal static class UnusedFiles
{
    /// <summary>Best effort, and not cancelled with what failed: what cannot be deleted now is an orphan, which is found later.</summary>
    public static async Task DeleteAsync(ILakeStore store, IEnumerable<LakeFile> files)
    {
        foreach (var file in files)
        {
            try
            {
                await store.DeleteAsync(store.NameOf(file.Location), CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is GridException or IOException)
            {
                return;
            }
        }
    }
}
